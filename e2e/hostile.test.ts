import { readFileSync } from 'node:fs';
import https from 'node:https';
import { gzipSync } from 'node:zlib';
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
    body: string | Buffer = '',
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

  describe('that is built to be expensive', () => {
    const gzip = { 'content-encoding': 'gzip' };
    const yaml = { 'content-type': 'application/yaml' };
    const apply = { 'content-type': 'application/apply-patch+yaml' };
    const merge = { 'content-type': 'application/merge-patch+json' };
    const strategic = { 'content-type': 'application/strategic-merge-patch+json' };
    const json = { 'content-type': 'application/json-patch+json' };
    const protobuf = { 'content-type': 'application/vnd.kubernetes.protobuf' };
    const labels = (count: number): string =>
      `{${Array.from({ length: count }, (_, index) => `"k${index}":""`).join(',')}}`;
    const deepYaml = `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const deepFlow = `${'{a: '.repeat(20_000)}1${'}'.repeat(20_000)}`;
    const deepBlock = Array.from({ length: 1_500 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    const target = `${configMaps}/kube-root-ca.crt`;

    it.each<[string, string, string, () => string | Buffer, Record<string, string>, readonly number[]]>([
      ['a gzip bomb', 'POST', configMaps, () => gzipSync(Buffer.alloc(200_000_000, ' ')), gzip, [400, 413, 415]],
      ['a million labels', 'POST', configMaps, () => `{"metadata":{"name":"l","labels":${labels(1e6)}}}`, {}, [413]],
      ['an alias bomb to apply', 'PATCH', `${target}?fieldManager=x`, bomb, apply, [400]],
      ['lists in lists in YAML', 'POST', configMaps, () => deepYaml, yaml, [400]],
      ['maps in maps in YAML', 'PATCH', `${target}?fieldManager=x`, () => deepFlow, apply, [400]],
      ['blocks in blocks in YAML', 'POST', configMaps, () => deepBlock, yaml, [400]],
      ['a deep merge patch', 'PATCH', target, () => `${'{"a":'.repeat(9_999)}1${'}'.repeat(9_999)}`, merge, [400]],
      [
        'a deep strategic patch',
        'PATCH',
        target,
        () => `${'{"a":'.repeat(9_999)}1${'}'.repeat(9_999)}`,
        strategic,
        [400],
      ],
      [
        'a JSON patch of too many steps',
        'PATCH',
        target,
        () => `[${'{"op":"test","path":"/kind","value":"ConfigMap"},'.repeat(20_000)}{}]`,
        json,
        [400, 413, 422],
      ],
      ['a JSON patch that doubles itself', 'PATCH', target, doubling, json, [400, 413, 422]],
      [
        'a huge number',
        'POST',
        pods,
        () => `{"metadata":{"name":"n","generation":1${'0'.repeat(100_000)}}}`,
        {},
        [400, 422],
      ],
      ['a number beyond all', 'PATCH', target, () => '{"metadata":{"generation":1e999}}', merge, [400, 422]],
      [
        'a label selector without end',
        'GET',
        `${pods}?labelSelector=${'a%20in%20(b),'.repeat(900)}`,
        () => '',
        {},
        [400, 431],
      ],
      ['a URL without end', 'GET', `${pods}?x=${'y'.repeat(100_000)}`, () => '', {}, [400, 413, 414, 431]],
      [
        'protobuf that ends early',
        'POST',
        pods,
        () => Buffer.from('k8s\0\x0a\xff\xff\xff\xff\x0f', 'latin1'),
        protobuf,
        [400, 415],
      ],
      [
        'protobuf of a kind that is none',
        'POST',
        pods,
        () => Buffer.from('k8s\0\x0a\x0d\x0a\x02v1\x12\x07toString', 'latin1'),
        protobuf,
        [400, 415],
      ],
      ['a name that climbs', 'POST', configMaps, () => configMapManifest('../../secrets/x', {}), {}, [422]],
      ['a name of dots', 'POST', configMaps, () => configMapManifest('..', {}), {}, [422]],
      ['a namespace that climbs', 'GET', '/api/v1/namespaces/..%2f..%2fkube-system/secrets/x', () => '', {}, [404]],
    ])('refuses %s within a second, and serves others meanwhile', async (_what, method, path, body, headers, codes) => {
      const bytes = body();
      const startedMs = performance.now();
      const [answer, other] = await Promise.all([
        request(method, path, bytes, headers),
        request('GET', '/api/v1/namespaces/default').then((got) => ({
          ...got,
          afterMs: performance.now() - startedMs,
        })),
      ]);
      const tookMs = performance.now() - startedMs;
      expect({ code: answer.code, isKnown: codes.includes(answer.code) }).toEqual({ code: answer.code, isKnown: true });
      expect(other.code).toBe(200);
      expect(Math.max(tookMs, other.afterMs)).toBeLessThan(1_000);
    });

    it('keeps its memory', () => {
      const status = readFileSync(`/proc/${cluster.serverPid}/status`, 'utf8');
      expect(Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024).toBeLessThan(700);
    });
  });

  it.each([
    ['application/json-patch+json', '[{"op":"add","path":"/data/__proto__","value":{"polluted":"yes"}}]'],
    ['application/json-patch+json', '[{"op":"copy","from":"/data","path":"/constructor/prototype/polluted"}]'],
    ['application/merge-patch+json', '{"__proto__":{"polluted":"yes"},"data":{"__proto__":{"polluted":"yes"}}}'],
    [
      'application/strategic-merge-patch+json',
      '{"__proto__":{"polluted":"yes"},"metadata":{"__proto__":{"polluted":"yes"}}}',
    ],
    [
      'application/apply-patch+yaml',
      'apiVersion: v1\nkind: ConfigMap\n__proto__: {polluted: "yes"}\ndata: {"__proto__": {polluted: "yes"}}',
    ],
    ['application/apply-patch+yaml', '{"apiVersion":"v1","kind":"ConfigMap","\\u005f_proto__":{"polluted":"yes"}}'],
  ])('is not polluted by a body of %s: %s', async (type, body) => {
    await request('PATCH', `${configMaps}/kube-root-ca.crt?fieldManager=x`, body, { 'content-type': type });
    for (const path of ['/version', '/api/v1/namespaces/default', `${configMaps}/kube-root-ca.crt`]) {
      expect((await request('GET', path)).body).not.toContain('polluted');
    }
  });

  it.each(['/api/v1/pods', '/apis', '/metrics', '/nodes', '/openapi/v3'])(
    'refuses %s to whoever shows no credentials',
    async (path) => {
      const answer = await request('GET', path, '', {}, false);
      expect(answer.code).toBe(403);
      expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', reason: 'Forbidden', code: 403 });
      expect(answer.body).toContain('User \\"system:anonymous\\" cannot');
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

/** Each step copies all that is there into itself: forty of them would make a million million. */
function doubling(): string {
  const steps = Array.from({ length: 40 }, (_, index) => ({ op: 'copy', from: '/data', path: `/data/x${index}` }));
  return JSON.stringify(steps);
}
