import type { TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

const COUNT = 300;
const MAPS = '/api/v1/namespaces/default/configmaps';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
  const annotations = { note: 'x'.repeat(1_024) };
  for (let index = 0; index < COUNT; index++) {
    await api.client.create('ConfigMap', { metadata: { namespace: 'default', name: `map-${index}`, annotations } });
  }
});
afterAll(() => api.close());

it.each([
  ['whole', 'application/json', 'ConfigMapList', 'items'],
  ['as a table', 'application/json;as=Table;v=v1;g=meta.k8s.io', 'Table', 'rows'],
  [
    'by its metadata alone',
    'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io',
    'PartialObjectMetadataList',
    'items',
  ],
])('sends a large list %s piece by piece', async (_, accept, kind, field) => {
  const { headers, body } = await api.ask('GET', MAPS, { headers: { accept } });
  expect([headers['transfer-encoding'], headers['content-length']]).toEqual(['chunked', undefined]);
  expect(body).toMatchObject({ kind, metadata: { resourceVersion: expect.any(String) } });
  expect((body as Record<string, unknown[]>)[field]).toHaveLength(COUNT);
});

it.each(['Table', 'PartialObjectMetadataList'])('sends an empty list as a %s', async (as) => {
  const headers = { accept: `application/json;as=${as};v=v1;g=meta.k8s.io` };
  const { body } = await api.ask('GET', '/api/v1/namespaces/default/secrets', { headers });
  expect((body as { rows?: unknown[]; items?: unknown[] }).rows ?? (body as { items?: unknown[] }).items).toEqual([]);
});
