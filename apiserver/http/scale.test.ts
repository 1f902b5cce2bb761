import type { TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

let api: TestApi;
beforeEach(async () => {
  api = await startApi();
  const labels = { app: 'web' };
  const spec = {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'busybox' }] } },
  };
  await api.ask('POST', DEPLOYMENTS, { body: { metadata: { name: 'web' }, spec } });
});
afterEach(() => api.close());

const DEPLOYMENTS = '/apis/apps/v1/namespaces/default/deployments';
const SCALE = `${DEPLOYMENTS}/web/scale`;
const patch = (body: object, query = '') =>
  api.ask('PATCH', `${SCALE}${query}`, { body, headers: { 'content-type': 'application/merge-patch+json' } });

it('is changed by a patch', async () => {
  expect(await patch({ spec: { replicas: 5 } })).toMatchObject({
    code: 200,
    body: { kind: 'Scale', spec: { replicas: 5 } },
  });
});

it.each<[string, object, string]>([
  ['a field that a Scale does not have', { spec: { replicas: 3, color: 'red' } }, 'unknown field \\"spec.color\\"'],
  ['a number that is none', { spec: { replicas: 'many' } }, 'patch'],
])('refuses %s where it is to be strict', async (_what, body, why) => {
  const refused = await patch(body, '?fieldValidation=Strict');
  expect(refused.code).toBe(422);
  expect(refused.text).toContain(why);
  expect((await api.ask('GET', SCALE)).body).toMatchObject({ spec: { replicas: 2 } });
});

it('warns of a field that a Scale does not have', async () => {
  const { code, headers } = await patch({ spec: { replicas: 3, color: 'red' } }, '?fieldValidation=Warn');
  expect([code, headers['warning']]).toEqual([200, '299 - "unknown field \\"spec.color\\""']);
});

it('is shown as a table of its own', async () => {
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const { body } = await api.ask('GET', SCALE, { headers });
  expect(body).toMatchObject({
    kind: 'Table',
    columnDefinitions: [{ name: 'Name' }, { name: 'Desired' }, { name: 'Available' }, { name: 'Age' }],
    rows: [{ cells: ['web', 2, 0, expect.any(String)] }],
  });
});
