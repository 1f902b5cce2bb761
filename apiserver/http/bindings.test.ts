import { serveBindings } from './bindings';
import type { TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

let api: TestApi;
beforeEach(async () => (api = await startApi({ 'bindings.': (call) => serveBindings(api.registry)(call) })));
afterEach(() => api.close());

const PODS = '/api/v1/namespaces/default/pods';
const BINDINGS = '/api/v1/namespaces/default/bindings';
const nodeOf = async (): Promise<unknown> =>
  ((await api.ask('GET', `${PODS}/web`)).body['spec'] as { nodeName?: string }).nodeName;

it('a Binding binds the pod that it names', async () => {
  const spec = { containers: [{ name: 'c', image: 'x' }] };
  expect((await api.ask('POST', PODS, { body: { metadata: { name: 'web' }, spec } })).code).toBe(201);
  const target = { kind: 'Node', name: 'one' };
  expect((await api.ask('POST', BINDINGS, { body: { target } })).code).toBe(400);
  const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target };
  expect((await api.ask('POST', `${BINDINGS}?dryRun=All`, { body })).code).toBe(201);
  expect(await nodeOf()).toBeUndefined();
  expect(await api.ask('POST', BINDINGS, { body })).toMatchObject({ code: 201, body: { status: 'Success' } });
  expect(await nodeOf()).toBe('one');
  expect((await api.ask('POST', BINDINGS, { body })).code).toBe(409);
  expect((await api.ask('GET', BINDINGS)).code).toBe(405);
});
