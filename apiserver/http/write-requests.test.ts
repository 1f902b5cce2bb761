import type { Answer, TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

let api: TestApi;
beforeEach(async () => (api = await startApi()));
afterEach(() => api.close());

const MAPS = '/api/v1/namespaces/default/configmaps';
const aMap = (over: object = {}) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, ...over });
const apply = (path: string, body: object): Promise<Answer> =>
  api.ask('PATCH', path, { body, headers: { 'content-type': 'application/apply-patch+yaml' } });

async function create(path: string, body: object): Promise<void> {
  const { code, text } = await api.ask('POST', path, { body });
  if (code !== 201) throw new Error(text);
}

describe('the options of a write', () => {
  it.each([
    ['dryRun=Some', 'dryRun: Unsupported value: ["Some"]: supported values: "All"'],
    [
      'fieldValidation=Some',
      'fieldValidation: Unsupported value: "Some": supported values: "", "Ignore", "Strict", "Warn"',
    ],
    [`fieldManager=${'x'.repeat(129)}`, 'fieldManager: Too long: may not be more than 128 bytes'],
    ['fieldManager=a%00b', 'fieldManager: Invalid value: "a\\u0000b": should only contain printable characters'],
  ])('are refused where they are none: %s', async (query, problem) => {
    const post = await api.ask('POST', `${MAPS}?${query}`, { body: aMap() });
    expect(post).toMatchObject({ code: 422, body: { message: `CreateOptions.meta.k8s.io "" is invalid: ${problem}` } });
    expect((await api.ask('GET', `${MAPS}/a`)).code).toBe(404);
    await create(MAPS, aMap());
    const put = await api.ask('PUT', `${MAPS}/a?${query}`, { body: aMap() });
    expect(put).toMatchObject({ code: 422, body: { message: `UpdateOptions.meta.k8s.io "" is invalid: ${problem}` } });
  });
});

describe('a body', () => {
  it('is needed to create and to replace', async () => {
    await create(MAPS, aMap());
    for (const [method, path] of [
      ['POST', MAPS],
      ['PUT', `${MAPS}/a`],
    ] as const) {
      expect(await api.ask(method, path)).toMatchObject({
        code: 400,
        body: { message: expect.stringContaining('(must be of type ConfigMap)') as string },
      });
    }
  });

  it('that is applied names its version, and only fields that there are', async () => {
    const path = `${MAPS}/a?fieldManager=me`;
    expect(await apply(path, { metadata: { name: 'a' } })).toMatchObject({
      code: 400,
      body: { message: 'Incorrect version specified in apply patch. Specified patch version: , expected: v1' },
    });
    expect(await apply(path, aMap({ extra: 1 }))).toMatchObject({
      code: 400,
      body: {
        message:
          'failed to create typed patch object (default/a; /v1, Kind=ConfigMap): .extra: field not declared in schema',
      },
    });
    expect((await apply(path, aMap())).code).toBe(201);
  });

  it('of a patch cannot change the uid', async () => {
    await create(MAPS, aMap());
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await api.ask('PATCH', `${MAPS}/a`, { body: { metadata: { uid: 'other' } }, headers });
    expect(answer).toMatchObject({
      code: 422,
      body: { message: 'ConfigMap "a" is invalid: metadata.uid: Invalid value: "other": field is immutable' },
    });
  });

  it('that replaces a lease says which one', async () => {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
    await create(leases, { metadata: { name: 'a' }, spec: {} });
    const body = { metadata: { name: 'a' }, spec: {} };
    expect(await api.ask('PUT', `${leases}/a`, { body })).toMatchObject({
      code: 422,
      body: {
        message:
          'leases.coordination.k8s.io "a" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update',
      },
    });
    const { resourceVersion } = (await api.ask('GET', `${leases}/a`)).body['metadata'] as { resourceVersion: string };
    const seen = { ...body, metadata: { name: 'a', resourceVersion } };
    expect((await api.ask('PUT', `${leases}/a`, { body: seen })).code).toBe(200);
  });
});

it('what is written as a status leaves labels of a Deployment, and all metadata of an attachment, as they are', async () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments';
  const attachments = '/apis/storage.k8s.io/v1/volumeattachments';
  const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
  await create(deployments, { metadata: { name: 'a' }, spec: { selector: { matchLabels: { app: 'a' } }, template } });
  await create(attachments, {
    metadata: { name: 'a' },
    spec: { attacher: 'd', nodeName: 'n', source: { persistentVolumeName: 'v' } },
  });
  const headers = { 'content-type': 'application/merge-patch+json' };
  const body = { metadata: { labels: { a: 'b' }, annotations: { a: 'b' } } };
  const deployment = await api.ask('PATCH', `${deployments}/a/status`, { body, headers });
  expect(deployment.body['metadata']).toMatchObject({ annotations: { a: 'b' } });
  expect(deployment.body['metadata']).not.toHaveProperty('labels');
  const attachment = await api.ask('PATCH', `${attachments}/a/status`, { body, headers });
  expect(attachment.code).toBe(200);
  expect(attachment.body['metadata']).not.toHaveProperty('labels');
  expect(attachment.body['metadata']).not.toHaveProperty('annotations');
  const moved = await api.ask('PATCH', `${attachments}/a`, { body: { spec: { nodeName: 'm' } }, headers });
  expect(moved).toMatchObject({ code: 422, body: { message: expect.stringContaining('immutable') as string } });
});

describe('a replacement of what is not there', () => {
  const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';
  const NAMESPACED = '/api/v1/namespaces/default';

  it.each([
    [`${LEASES}/x`, {}],
    [`${NAMESPACED}/services/x`, { spec: { ports: [{ port: 80 }] } }],
    [`${NAMESPACED}/endpoints/x`, {}],
    [`${NAMESPACED}/limitranges/x`, { spec: { limits: [] } }],
    [`${NAMESPACED}/events/x`, { involvedObject: { namespace: 'default' } }],
    ['/apis/rbac.authorization.k8s.io/v1/clusterroles/x', { rules: [] }],
  ])('makes %s, and replaces it from then on', async (path, body) => {
    const object = { ...body, metadata: { name: 'x' } };
    const made = await api.ask('PUT', path, { body: object });
    expect(made.code).toBe(201);
    expect((await api.ask('PUT', path, { body: made.body })).code).toBe(200);
    expect((await api.ask('PUT', path.replace(/x$/, 'y'), { body: object })).code).toBe(400);
  });

  it('needs the right to create, too', async () => {
    const limited = await startApi({}, { authorizer: () => ({ isAllowed: (_user, { verb }) => verb === 'update' }) });
    const refused = await limited.ask('PUT', `${LEASES}/x`, { body: { metadata: { name: 'x' } }, token: null });
    expect(refused).toMatchObject({
      code: 403,
      body: { message: expect.stringContaining('cannot create resource "leases"') as string },
    });
    await limited.close();
  });

  it('is none for most kinds', async () => {
    expect((await api.ask('PUT', `${MAPS}/x`, { body: aMap({ metadata: { name: 'x' } }) })).code).toBe(404);
  });
});
