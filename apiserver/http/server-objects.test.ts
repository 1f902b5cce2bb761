import { KINDS } from '../kinds/kinds';
import { KindList } from '../kinds/kind-list';
import { serverObjects } from './server-objects';
import type { TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

let api: TestApi;
beforeEach(async () => {
  api = await startApi(
    serverObjects({ kinds: new KindList(KINDS), startedMs: 0, storeProblem: () => Promise.resolve('no space') }),
  );
});
afterEach(() => api.close());

it('tells which APIs there are', async () => {
  const { body } = await api.ask('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1.apps');
  expect(body).toMatchObject({ kind: 'APIService', spec: { group: 'apps', version: 'v1' } });
  expect((await api.ask('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v9.apps')).code).toBe(404);
});

it('tells how its parts are', async () => {
  const { body } = await api.ask('GET', '/api/v1/componentstatuses/store');
  expect(body).toMatchObject({ conditions: [{ type: 'Healthy', status: 'False', error: 'no space' }] });
});
