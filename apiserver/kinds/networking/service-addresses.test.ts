import type { TestApi } from '../../http/testing/test-api';
import { startApi } from '../../http/testing/test-api';
import { ensureServiceCidr } from '../../registry/service-cidr';

let api: TestApi;
beforeEach(async () => (api = await startApi()));
afterEach(() => api.close());

const GROUP = '/apis/networking.k8s.io/v1';
const parentRef = { group: 'mygroup', resource: 'myresources', namespace: 'foo', name: 'bar' };
const address = (name: string, type: string, spec: object = { parentRef }) => ({
  metadata: { name, labels: { type } },
  spec,
});
const merge = (path: string, body: object) =>
  api.ask('PATCH', path, { body, headers: { 'content-type': 'application/merge-patch+json' } });

it('keeps addresses of others through create, patch, update, list by labels, delete and deletecollection', async () => {
  const at = `${GROUP}/ipaddresses`;
  await api.ask('POST', at, { body: address('255.255.255.255', 'broadcast') });
  expect((await api.ask('POST', at, { body: address('fe80::42:1dff:fe84:f9e2', 'link-local') })).code).toBe(201);
  const { body } = await merge(`${at}/255.255.255.255`, { metadata: { annotations: { patched: 'true' } } });
  expect((await api.ask('PUT', `${at}/255.255.255.255`, { body })).code).toBe(200);
  const count = async (query: string) => ((await api.ask('GET', `${at}?${query}`)).body['items'] as unknown[]).length;
  expect(await count('labelSelector=type%3Dbroadcast')).toBe(1);
  expect((await api.ask('DELETE', `${at}/255.255.255.255`)).code).toBe(200);
  expect((await api.ask('DELETE', `${at}?labelSelector=type%3Dlink-local`)).code).toBe(200);
  expect(await count('')).toBe(0);
});

it.each<[string, object, string]>([
  ['web', { parentRef }, 'metadata.name: Invalid value: "web": must be a valid IP address'],
  ['fe80:0::1', { parentRef }, 'must be an IP address in canonical form'],
  ['10.0.0.1', {}, 'spec.parentRef: Required value'],
  ['10.0.0.1', { parentRef: { name: 'x' } }, 'spec.parentRef.resource: Required value'],
])('refuses the address %s of %j', async (name, spec, message) => {
  const answer = await api.ask('POST', `${GROUP}/ipaddresses`, { body: address(name, 'x', spec) });
  expect([answer.code, answer.body['message']]).toEqual([422, expect.stringContaining(message)]);
});

it('tells where Services get their addresses from, as long as the server runs', async () => {
  const at = `${GROUP}/servicecidrs/kubernetes`;
  const now = '2026-01-01T00:00:00Z';
  await ensureServiceCidr(api.client, '10.96.0.0/16', now);
  const { body } = await api.ask('GET', at);
  expect(body).toMatchObject({
    spec: { cidrs: ['10.96.0.0/16'] },
    status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: now }] },
  });
  expect((await api.ask('GET', `${at}/status`)).body).toEqual(body);
  expect((await merge(at, { spec: { cidrs: ['10.0.0.0/8'] } })).body['message']).toContain('field is immutable');
  await api.ask('DELETE', at);
  expect((await api.ask('GET', at)).code).toBe(200);

  await ensureServiceCidr(api.client, '10.97.0.0/16', now);
  expect((await api.ask('GET', at)).body).toMatchObject({ spec: { cidrs: ['10.97.0.0/16'] } });
});

it.each([
  [[], 'at least one CIDR required'],
  [['10.0.0.0/8', '10.1.0.0/16'], 'no more than one IP for each IP family'],
  [['10.0.0.0'], 'must be a valid CIDR value'],
])('refuses the blocks %j', async (cidrs, message) => {
  const answer = await api.ask('POST', `${GROUP}/servicecidrs`, { body: { metadata: { name: 'x' }, spec: { cidrs } } });
  expect([answer.code, answer.body['message']]).toEqual([422, expect.stringContaining(message)]);
});
