import type { EventReport } from '../../shared/wire/node-channel';
import { RefusalEvents } from './refusal-events';
import type { ProxyPlan } from './render-nginx';

const plan: ProxyPlan = {
  sites: [
    { host: 'a.example', hasTls: true, owner: 'shop/a', secret: 'shop/cert', locations: [] },
    { host: 'b.example', hasTls: false, owner: 'shop/b', locations: [] },
  ],
  streams: [],
};
const events: EventReport[] = [];
const refusals = new RefusalEvents((event) => events.push(event));
const told = (owners: Record<string, string>, secrets: Record<string, string> = {}): readonly string[] => {
  events.length = 0;
  refusals.tell({ owners: new Map(Object.entries(owners)), secrets: new Map(Object.entries(secrets)) }, plan);
  return events.map(({ ingress, message }) => `${ingress?.namespace}/${ingress?.name}: ${message}`);
};

it('tells each Ingress of what is refused of it, its certificate too, once for each reason', () => {
  expect(told({ 'shop/b': 'no good' }, { 'shop/cert': 'no certificate' })).toEqual([
    'shop/a: left out: Secret shop/cert: no certificate',
    'shop/b: left out: no good',
  ]);
  expect(told({ 'shop/b': 'no good' })).toEqual([]);
  expect(told({ 'shop/b': 'worse' })).toEqual(['shop/b: left out: worse']);
  expect(told({})).toEqual([]);
  expect(told({ 'shop/b': 'worse' })).toEqual(['shop/b: left out: worse']);
});

it('says nothing of plain ports, which are nobody’s Ingress', () => {
  expect(told({ 'TCP/9000': 'no good' })).toEqual([]);
});
