import { KINDS } from '../kinds/kinds';
import { KindList } from '../kinds/kind-list';
import { serverObjects } from './server-objects';
import type { TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

let api: TestApi;
beforeEach(async () => {
  api = await startApi(
    serverObjects({
      kinds: new KindList(KINDS),
      startedMs: 0,
      serviceCidr: '10.96.0.0/16',
      services: () => api.client.view('Service').list(),
      storeProblem: () => Promise.resolve(undefined),
    }),
  );
});
afterEach(() => api.close());

const NETWORKING = '/apis/networking.k8s.io/v1';

it('tells which addresses Services hold, and whose they are', async () => {
  const spec = { clusterIP: '10.96.0.77', ports: [{ port: 80 }] };
  await api.client.create('Service', { metadata: { namespace: 'default', name: 'web' }, spec });
  await api.client.create('Service', {
    metadata: { namespace: 'default', name: 'headless' },
    spec: { ...spec, clusterIP: 'None' },
  });
  const { body } = await api.ask('GET', `${NETWORKING}/ipaddresses/10.96.0.77`);
  expect(body).toMatchObject({
    kind: 'IPAddress',
    metadata: { name: '10.96.0.77', labels: { 'ipaddress.kubernetes.io/ip-family': 'IPv4' } },
    spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: 'web' } },
  });
  const table = await api.ask('GET', `${NETWORKING}/ipaddresses`, {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  });
  const cells = (table.body['rows'] as readonly { cells: readonly unknown[] }[]).map((row) => row.cells.slice(0, 2));
  expect(cells).toContainEqual(['10.96.0.77', 'services/default/web']);
  expect(cells.map(([address]) => address)).not.toContain('None');
  expect((await api.ask('GET', `${NETWORKING}/ipaddresses/10.96.0.78`)).code).toBe(404);
});

it('tells where they come from', async () => {
  const { body } = await api.ask('GET', `${NETWORKING}/servicecidrs`);
  expect(body).toMatchObject({
    kind: 'ServiceCIDRList',
    items: [{ metadata: { name: 'kubernetes' }, spec: { cidrs: ['10.96.0.0/16'] } }],
  });
});
