import type { Container } from '../api/objects';
import { qosClassOf } from './qos-class';

type Amounts = Readonly<Record<string, string>>;
const container = (name: string, requests?: Amounts, limits?: Amounts): Container => ({
  name,
  resources: {
    ...(requests === undefined ? {} : { requests: { ...requests } }),
    ...(limits === undefined ? {} : { limits: { ...limits } }),
  },
});
const both = { cpu: '1', memory: '1Gi' };

it.each<[string, string, Container[], Container[]]>([
  ['BestEffort', 'nothing is asked for', [{ name: 'a' }], []],
  ['BestEffort', 'only other resources are asked for', [container('a', { 'ephemeral-storage': '1Gi' })], []],
  ['BestEffort', 'the amounts are zero', [container('a', { cpu: '0' })], []],
  ['Burstable', 'only a request is given', [container('a', { cpu: '1' })], []],
  ['Burstable', 'only one resource is limited', [container('a', undefined, { cpu: '1' })], []],
  ['Burstable', 'a request is below its limit', [container('a', { cpu: '500m', memory: '1Gi' }, both)], []],
  ['Burstable', 'one of two containers asks for nothing', [container('a', both, both), { name: 'b' }], []],
  ['Burstable', 'an init container asks for nothing', [container('a', both, both)], [{ name: 'init' }]],
  ['Guaranteed', 'requests equal limits', [container('a', both, both)], []],
  ['Guaranteed', 'they are equal in other words', [container('a', { cpu: '1000m', memory: '1024Mi' }, both)], []],
  ['Guaranteed', 'limits stand for requests', [container('a', undefined, both)], []],
])('is %s where %s', (expected, _, containers, initContainers) => {
  expect(qosClassOf({ containers, initContainers })).toBe(expected);
});

it.each<[string, object]>([
  ['Guaranteed', { requests: both, limits: both }],
  ['Burstable', { requests: both }],
  ['Burstable', { requests: { cpu: '1' }, limits: { cpu: '1' } }],
  ['BestEffort', { requests: { cpu: '0' } }],
])('is %s where the pod as a whole has %j, whatever its containers ask for', (expected, resources) => {
  expect(qosClassOf({ containers: [container('a', { cpu: '1' })], resources })).toBe(expected);
});
