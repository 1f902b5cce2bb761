import { parse } from 'yaml';
import type { TestApi } from './testing/test-api';
import { startApi } from './testing/test-api';

let api: TestApi;
beforeEach(async () => (api = await startApi()));
afterEach(() => api.close());

const MAPS = '/api/v1/namespaces/default/configmaps';
const PODS = '/api/v1/namespaces/default/pods';
const JOBS = '/apis/batch/v1/namespaces/default/jobs';
const aMap = (name = 'a', over: object = {}) => ({ metadata: { name }, data: { key: 'value' }, ...over });
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'busybox' }] } };

async function create(path: string, body: object): Promise<void> {
  const { code, text } = await api.ask('POST', path, { body });
  if (code !== 201) throw new Error(text);
}

describe('what a client may ask for', () => {
  it('is named with a refusal of another method', async () => {
    await create(MAPS, aMap());
    expect(await api.ask('PUT', MAPS)).toMatchObject({ code: 405, headers: { allow: 'GET, POST, DELETE' } });
    expect(await api.ask('POST', `${MAPS}/a`)).toMatchObject({
      code: 405,
      headers: { allow: 'GET, PUT, PATCH, DELETE' },
    });
    expect(await api.ask('POST', '/apis')).toMatchObject({ code: 405, headers: { allow: 'GET, HEAD' } });
    expect((await api.ask('OPTIONS', `${MAPS}/a`)).code).toBe(405);
  });

  it('is refused before anything is done where no form of the answer would be taken', async () => {
    const headers = { accept: 'text/html' };
    expect(await api.ask('POST', MAPS, { body: aMap(), headers })).toMatchObject({
      code: 406,
      body: { reason: 'NotAcceptable' },
    });
    expect((await api.ask('GET', `${MAPS}/a`)).code).toBe(404);
  });

  it('is no table of what is answered to a question, a token or an eviction', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
    const body = { spec: { nonResourceAttributes: { path: '/', verb: 'get' } } };
    for (const path of [
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      '/api/v1/namespaces/default/serviceaccounts/default/token',
      '/api/v1/namespaces/default/pods/p/eviction',
    ]) {
      expect((await api.ask('POST', path, { body, headers })).code).toBe(406);
    }
  });

  it.each([
    ['invalid', 400],
    ['10', 400],
    ['0s', 200],
    ['30s', 200],
    ['1ns', 200],
  ])('is given within a time that can be read: %s', async (timeout, code) => {
    const answer = await api.ask('GET', `${MAPS}?timeout=${timeout}`);
    expect(answer.code).toBe(code);
    expect(answer.text.includes('invalid timeout specified in the request URL - time: ')).toBe(code === 400);
  });

  it.each([
    [
      MAPS,
      'PartialObjectMetadata',
      'you requested PartialObjectMetadata, but the requested object is a list (*v1.ConfigMapList)',
    ],
    [`${MAPS}/a`, 'PartialObjectMetadataList', 'but the requested object is not a list (*v1.ConfigMap)'],
  ])('is one or many, as the path says: %s is no %s', async (path, as, message) => {
    await create(MAPS, aMap());
    const answer = await api.ask('GET', path, { headers: { accept: `application/json;as=${as};v=v1;g=meta.k8s.io` } });
    expect([answer.code, answer.body['message']]).toEqual([406, expect.stringContaining(message)]);
  });

  it('is not the end of all namespaces', async () => {
    expect(await api.ask('DELETE', '/api/v1/namespaces')).toMatchObject({ code: 405, headers: { allow: 'GET, POST' } });
  });

  it('is refused in a form that is not read', async () => {
    const headers = { 'content-type': 'text/plain' };
    expect((await api.ask('POST', MAPS, { body: 'x', headers })).code).toBe(415);
  });

  it('comes as YAML, or with line breaks, where it is asked for so', async () => {
    await create(MAPS, aMap());
    for (const path of [`${MAPS}/a`, MAPS]) {
      const plain = await api.ask('GET', path);
      const yaml = await api.ask('GET', path, { headers: { accept: 'application/yaml' } });
      expect(yaml.headers['content-type']).toBe('application/yaml');
      expect(parse(yaml.text)).toEqual(plain.body);
      const pretty = await api.ask('GET', `${path}?pretty=true`);
      expect(pretty.text).toBe(JSON.stringify(plain.body, null, 2));
      expect((await api.ask('GET', `${path}?pretty=false`)).text).toBe(plain.text);
    }
  });

  it('is listed at the root', async () => {
    expect((await api.ask('GET', '/')).body['paths']).toEqual(
      expect.arrayContaining(['/api', '/api/v1', '/apis', '/apis/apps/v1', '/livez/ping', '/openapi/v3', '/version']),
    );
  });
});

describe('documents that seldom change', () => {
  const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

  it.each(['/api', '/apis', '/openapi/v2', '/openapi/v3/api/v1'])('%s is not sent twice', async (path) => {
    const accept = aggregated;
    const first = await api.ask('GET', path, { headers: { accept } });
    const etag = first.headers.etag ?? '';
    expect(etag).toMatch(/^"[0-9A-F]{128}"$/);
    expect(first.headers.vary).toContain('Accept');
    const again = await api.ask('GET', path, { headers: { accept, 'if-none-match': etag } });
    expect(again).toMatchObject({ code: 304, text: '', headers: { etag } });
  });

  it('may be kept for as long as they like by clients who ask by their hash', async () => {
    const index = (await api.ask('GET', '/openapi/v3')).body['paths'] as Record<string, { serverRelativeURL: string }>;
    const url = index['apis/apps/v1']?.serverRelativeURL ?? '';
    expect(await api.ask('GET', url)).toMatchObject({ code: 200, headers: { 'cache-control': 'public' } });
    expect(await api.ask('GET', '/openapi/v3/apis/apps/v1?hash=OLD')).toMatchObject({
      code: 301,
      headers: { location: url },
    });
  });
});

describe('health', () => {
  it('is told in a word, or check by check', async () => {
    expect((await api.ask('GET', '/readyz')).text).toBe('ok');
    expect((await api.ask('GET', '/readyz?verbose')).text).toBe(
      '[+]ping ok\n[+]store ok\n[+]started ok\nreadyz check passed\n',
    );
    expect((await api.ask('GET', '/readyz?verbose&exclude=store&exclude=mars')).text).toBe(
      '[+]ping ok\n[+]store excluded: ok\n[+]started ok\nwarn: some health checks cannot be excluded: no matches for "mars"\nreadyz check passed\n',
    );
    expect((await api.ask('GET', '/livez/store')).text).toBe('ok');
    expect((await api.ask('POST', '/livez')).code).toBe(405);
  });
});

describe('who shows no credentials', () => {
  it.each(['/api', '/apis', '/openapi/v3', '/metrics', `${PODS}`])('may not look at %s', async (path) => {
    const { code, body } = await api.ask('GET', path, { token: null });
    expect({ code, body }).toMatchObject({ code: 403, body: { reason: 'Forbidden' } });
    expect(body['message']).toContain('User "system:anonymous" cannot');
  });

  it('is somebody else than who shows bad ones', async () => {
    expect(await api.ask('GET', '/api', { token: 'made-up' })).toMatchObject({
      code: 401,
      headers: { 'www-authenticate': 'Bearer realm="pinsetter"' },
      body: { reason: 'Unauthorized', message: 'Unauthorized' },
    });
  });
});

describe('a deletion', () => {
  it('leaves the pods of a job whose client does not say, and tells it', async () => {
    await create(JOBS, { metadata: { name: 'j' }, spec: { template } });
    const { headers, body } = await api.ask('DELETE', `${JOBS}/j`);
    expect(headers['warning']).toContain('child pods are preserved by default when jobs are deleted');
    expect(body).toMatchObject({ metadata: { finalizers: ['orphan'] } });
  });

  it.each([
    ['{"orphanDependents":false}', ['example.com/f'], 202],
    ['{"orphanDependents":false}', [], 200],
    ['{"propagationPolicy":"Background"}', ['example.com/f'], 200],
  ])('by %s of what has the finalizers %j is answered with %i', async (body, finalizers, code) => {
    await create(MAPS, { metadata: { name: 'a', finalizers } });
    expect((await api.ask('DELETE', `${MAPS}/a`, { body })).code).toBe(code);
  });

  it.each([
    ['propagationPolicy=Background', []],
    ['orphanDependents=false', []],
    ['orphanDependents=true', ['orphan']],
    ['propagationPolicy=Foreground', ['foregroundDeletion']],
  ])('by %s leaves the finalizers %j', async (query, finalizers) => {
    await create(JOBS, { metadata: { name: 'j' }, spec: { template } });
    const { headers } = await api.ask('DELETE', `${JOBS}/j?${query}`);
    expect(headers['warning']).toBeUndefined();
    const left = await api.ask('GET', `${JOBS}/j`);
    if (finalizers.length === 0) expect(left.code).toBe(404);
    else expect(left.body).toMatchObject({ metadata: { finalizers } });
  });

  it.each([
    [{ propagationPolicy: 'Background', orphanDependents: true }, 422, 'cannot be both set'],
    [{ propagationPolicy: 'Sideways' }, 422, 'Unsupported value: "Sideways"'],
    [{ gracePeriodSeconds: 'soon' }, 400, 'cannot unmarshal string'],
    [{ kind: 'Pod' }, 400, 'cannot be converted to DeleteOptions'],
    [{ dryRun: ['Some'] }, 422, 'supported values: "All"'],
    [
      { preconditions: { uid: 'another' } },
      409,
      'the UID in the precondition (another) does not match the UID in record',
    ],
    [{ preconditions: { resourceVersion: '1' } }, 409, 'the ResourceVersion in the precondition (1) does not match'],
  ])('by %j is refused', async (body, code, message) => {
    await create(MAPS, aMap());
    const refused = await api.ask('DELETE', `${MAPS}/a`, { body });
    expect(refused.code).toBe(code);
    expect(refused.body['message']).toContain(message);
    expect((await api.ask('GET', `${MAPS}/a`)).code).toBe(200);
  });

  it('on trial takes nothing away, also of a collection', async () => {
    await create(MAPS, aMap());
    expect((await api.ask('DELETE', `${MAPS}/a?dryRun=All`)).code).toBe(200);
    expect((await api.ask('DELETE', `${MAPS}?dryRun=All`)).code).toBe(200);
    expect((await api.ask('GET', `${MAPS}/a`)).code).toBe(200);
  });
});

describe('bodies of subresources', () => {
  const eviction = (over: object = {}) => ({ metadata: { name: 'p' }, ...over });
  beforeEach(() => create(PODS, { metadata: { name: 'p' }, spec: template.spec }));

  it.each([
    ['eviction', { apiVersion: 'policy/v1', kind: 'Eviction', ...eviction() }],
    ['eviction', { apiVersion: 'policy/v1beta1', kind: 'Eviction', ...eviction() }],
    ['eviction', eviction({ deleteOptions: null })],
    ['binding', { target: { kind: 'Node', name: 'n' } }],
  ])('%s takes %j', async (subresource, body) => {
    expect(await api.ask('POST', `${PODS}/p/${subresource}`, { body })).toMatchObject({ code: 201 });
  });

  it.each([
    ['eviction', eviction({ kind: 'Pod' }), 'cannot be handled as a Eviction'],
    ['eviction', eviction({ deleteOptions: { gracePeriodSeconds: 'x' } }), 'cannot unmarshal string'],
    ['binding', { target: 'n' }, 'cannot unmarshal string'],
    ['binding', { apiVersion: 'v2', target: { name: 'n' } }, 'does not match the expected API version'],
  ])('%s refuses %j', async (subresource, body, message) => {
    const refused = await api.ask('POST', `${PODS}/p/${subresource}`, { body });
    expect(refused.code).toBe(400);
    expect(refused.body['message']).toContain(message);
  });

  it('are read as strictly as the client asks', async () => {
    const body = eviction({ extra: 1 });
    const strict = await api.ask('POST', `${PODS}/p/eviction?fieldValidation=Strict`, { body });
    expect(strict.body).toMatchObject({ code: 400 });
    expect(strict.text).toContain('strict decoding error: unknown field \\"extra\\"');
    const warned = await api.ask('POST', `${PODS}/p/eviction`, { body });
    expect(warned).toMatchObject({ code: 201, headers: { warning: '299 - "unknown field \\"extra\\""' } });
  });

  it('may be YAML', async () => {
    const headers = { 'content-type': 'application/yaml' };
    const body = 'apiVersion: v1\nkind: Binding\ntarget: {name: node-1}\n';
    expect((await api.ask('POST', `${PODS}/p/binding`, { body, headers })).code).toBe(201);
  });
});

it('warns of what goes, in every answer', async () => {
  const { headers } = await api.ask('GET', '/api/v1/namespaces/default/endpoints');
  expect(headers['warning']).toBe(
    '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
  );
});

it('warns of unknown fields also in a table', async () => {
  const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
  const { code, headers: answered } = await api.ask('POST', MAPS, { body: aMap('a', { more: 1 }), headers });
  expect(code).toBe(201);
  expect(answered['warning']).toContain('unknown field');
});

it('an object is at least of the version that is asked for', async () => {
  await create(MAPS, aMap());
  const { resourceVersion } = (await api.ask('GET', `${MAPS}/a`)).body['metadata'] as { resourceVersion: string };
  for (const version of ['', '0', resourceVersion])
    expect((await api.ask('GET', `${MAPS}/a?resourceVersion=${version}`)).code).toBe(200);
  expect((await api.ask('GET', `${MAPS}/a?resourceVersion=x`)).code).toBe(400);
  const asked = api.ask('GET', `${MAPS}/a?resourceVersion=${Number(resourceVersion) + 1}`);
  await create(MAPS, aMap('b'));
  expect((await asked).code).toBe(200);
});
