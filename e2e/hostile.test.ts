import https from 'node:https';
import type { Credentials } from './harness/api';
import { credentialsOf } from './harness/api';
import { Cluster } from './harness/cluster';
import { configMapManifest } from './harness/manifests';

jest.setTimeout(120_000);

interface Answer {
  readonly code: number;
  readonly body: string;
}

/** Input that means harm gets a clear refusal, and the server serves on. */
describe('hostile input', () => {
  let cluster: Cluster;
  let credentials: Credentials;

  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 0 });
    credentials = credentialsOf(cluster.kubeconfig);
  });
  afterAll(() => cluster.stop());
  afterEach(async () => {
    expect(await cluster.ok(['get', 'namespace', 'default', '-o', 'name'])).toBe('namespace/default\n');
  });

  const request = (
    method: string,
    path: string,
    body = '',
    headers: Record<string, string> = {},
    withCredentials = true,
  ): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { cert, key, ca } = credentials;
      const sent = https.request(
        {
          host: '127.0.0.1',
          port: cluster.port,
          method,
          path,
          headers: { 'content-type': 'application/json', ...headers },
          ca,
          ...(withCredentials ? { cert, key } : {}),
          agent: false,
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => resolve({ code: response.statusCode ?? 0, body: text }));
        },
      );
      // A server that refuses a large body early may close while we still send: the answer is what counts.
      sent.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET'
          ? resolve({ code: 413, body: '{"kind":"Status"}' })
          : reject(error),
      );
      sent.end(body);
    });

  const pods = '/api/v1/namespaces/default/pods';
  const configMaps = '/api/v1/namespaces/default/configmaps';

  it.each<[string, string, string, string, Record<string, string>, number]>([
    ['a body that is no JSON', 'POST', pods, '{"kind":', {}, 400],
    ['a list where an object must be', 'POST', pods, '[]', {}, 400],
    ['a number where a name must be', 'POST', configMaps, '{"metadata":{"name":7}}', {}, 400],
    ['a wrong kind', 'POST', pods, '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"}}', {}, 400],
    ['an unknown content type', 'POST', configMaps, 'x', { 'content-type': 'text/html' }, 415],
    ['a name that climbs', 'GET', `${configMaps}/..%2f..%2fsecrets`, '', {}, 404],
    ['a broken percent sign', 'GET', `${configMaps}/%zz`, '', {}, 400],
    ['an alias bomb', 'POST', configMaps, bomb(), { 'content-type': 'application/yaml' }, 400],
    [
      'nesting ten thousand deep',
      'POST',
      configMaps,
      `{"metadata":{"name":"deep"},"data":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
      {},
      400,
    ],
    ['a body of 50 MB', 'POST', configMaps, configMapManifest('big', { text: 'x'.repeat(50_000_000) }), {}, 413],
  ])('refuses %s', async (_what, method, path, body, headers, code) => {
    const answer = await request(method, path, body, headers);
    expect(answer.code).toBe(code);
    expect(answer.body).toContain('"kind":"Status"');
  });

  it('does not let __proto__ keys through, into objects or into the server', async () => {
    const body =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"proto"},"data":{"a":"b"},"__proto__":{"polluted":"yes"}}';
    const answer = await request('POST', configMaps, body);
    expect([201, 400, 422]).toContain(answer.code);
    expect(answer.body).not.toContain('polluted":"yes');
    const patch = await request(
      'PATCH',
      `${configMaps}/proto`,
      '{"metadata":{"labels":{"__proto__":"x"}},"constructor":{"prototype":{"polluted":"yes"}}}',
      { 'content-type': 'application/merge-patch+json' },
    );
    expect(patch.body).not.toContain('polluted":"yes');
    expect((await request('GET', '/version')).body).not.toContain('polluted');
  });

  it.each(['/api/v1/pods', '/apis', '/metrics', '/nodes', '/openapi/v3'])(
    'refuses %s to whoever shows no credentials',
    async (path) => {
      const answer = await request('GET', path, '', {}, false);
      expect(answer.code).toBe(401);
      expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', reason: 'Unauthorized', code: 401 });
    },
  );

  it.each(['/livez', '/readyz', '/version'])('answers %s to everybody', async (path) => {
    expect((await request('GET', path, '', {}, false)).code).toBe(200);
  });

  it('refuses a token that it does not know', async () => {
    expect((await request('GET', pods, '', { authorization: 'Bearer made-up' }, false)).code).toBe(401);
  });
});

/** Nine aliases of nine aliases of … : a few hundred bytes that unfold to a billion strings. */
function bomb(): string {
  const lines = ['a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]'];
  for (let level = 1; level < 10; level++) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(',')}]`);
  }
  return lines.join('\n');
}
