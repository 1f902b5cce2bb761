import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Cluster, freePort } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';
import { run, SERVER } from './harness/programs';

jest.setTimeout(120_000);

const CANARY = 'canary-4b1d80c7e2';
const encoded = Buffer.from(CANARY).toString('base64');

/** What a cluster lets happen, keeps to itself, and remembers. No node: nothing here has to run. */
describe('limits, quotas, security standards, encryption and audit', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-policies-'));
  const policy = path.join(folder, 'policy.yaml');
  const auditLog = path.join(folder, 'audit.log');
  let cluster: Cluster;

  const apply = (manifest: string, ...args: readonly string[]) =>
    cluster.kubectl(['apply', '-f', '-', ...args], manifest);
  const plain = (name: string, resources: object = {}): string =>
    podManifest(name, { containers: [shell('true', { resources })] });
  const privileged = (name: string): string =>
    podManifest(name, { containers: [shell('true', { securityContext: { privileged: true } })] });

  beforeAll(async () => {
    writeFileSync(
      policy,
      `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    nonResourceURLs: ['*']
  - level: Metadata
    resources: [{ resources: [secrets] }]
  - level: RequestResponse
    omitManagedFields: true
    resources: [{ resources: [resourcequotas] }]
    verbs: [create]
  - level: None
`,
    );
    cluster = await Cluster.start({
      workers: 0,
      serverArgs: ['--audit-policy-file', policy, '--audit-log-path', auditLog],
    });
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('refuses a privileged pod where nobody has allowed it, and lets it pass where somebody has', async () => {
    const violation = 'violates PodSecurity "baseline:latest": privileged (container "main" must not set';
    expect((await apply(privileged('root'))).stderr).toContain(`pods "root" is forbidden: ${violation}`);
    await cluster.ok(['create', 'namespace', 'trusted']);
    await cluster.ok(['label', 'namespace', 'trusted', 'pod-security.kubernetes.io/enforce=privileged']);
    expect(await apply(privileged('root'), '-n', 'trusted')).toMatchObject({ status: 0, stderr: '' });
  });

  it('warns of a template whose pods would be refused, and of pods that a stricter label would refuse', async () => {
    const manifest = await cluster.ok(['create', 'deployment', 'web', '--image=x:1', '--dry-run=client', '-o', 'json']);
    const root = manifest.replace('"resources":', '"securityContext": {"privileged": true}, "resources":');
    expect(await apply(root)).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Warning: would violate PodSecurity "baseline:latest": privileged') as string,
    });
    const label = ['label', '--overwrite', 'namespace', 'trusted', 'pod-security.kubernetes.io/enforce=baseline'];
    const { stderr } = await cluster.kubectl(label);
    expect(stderr).toContain('existing pods in namespace "trusted" violate the new PodSecurity enforce level');
    expect(stderr).toContain('root: privileged');
    const odd = await cluster.kubectl(['label', 'namespace', 'trusted', 'pod-security.kubernetes.io/warn=odd']);
    expect(odd.stderr).toContain('must be one of privileged, baseline, restricted');
  });

  it('counts against a quota, and says so to describe', async () => {
    await cluster.ok(['create', 'namespace', 'small']);
    await cluster.ok(['create', 'quota', 'q', '-n', 'small', '--hard=pods=1,requests.cpu=1']);
    expect((await apply(plain('a'), '-n', 'small')).stderr).toContain(
      'failed quota: q: must specify requests.cpu for: main',
    );
    const sized = (name: string): string => plain(name, { requests: { cpu: '500m' } });
    expect(await apply(sized('a'), '-n', 'small')).toMatchObject({ status: 0 });
    expect((await apply(sized('b'), '-n', 'small')).stderr).toContain(
      'exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
    );
    const { stdout } = await cluster.until(['describe', 'quota', 'q', '-n', 'small'], (answer) =>
      /pods +1 +1/.test(answer.stdout),
    );
    expect(stdout).toMatch(/requests\.cpu +500m +1/);
    await cluster.ok(['delete', 'pod', 'a', '-n', 'small']);
    expect(await apply(sized('b'), '-n', 'small')).toMatchObject({ status: 0 });
  });

  it('fills in and enforces the limits of a namespace', async () => {
    await cluster.ok(['create', 'namespace', 'limited']);
    const limits = [{ type: 'Container', default: { cpu: '200m' }, max: { cpu: '1' } }];
    const range = { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'l' }, spec: { limits } };
    await cluster.ok(['apply', '-n', 'limited', '-f', '-'], JSON.stringify(range));
    expect(await apply(plain('a'), '-n', 'limited')).toMatchObject({ status: 0 });
    const get = ['get', 'pod', 'a', '-n', 'limited', '-o', 'jsonpath={.spec.containers[0].resources.limits.cpu}'];
    expect(await cluster.ok(get)).toBe('200m');
    const greedy = plain('b', { limits: { cpu: '2' } });
    expect((await apply(greedy, '-n', 'limited')).stderr).toContain(
      'pods "b" is forbidden: maximum cpu usage per Container is 1, but limit is 2',
    );
  });

  it('leaves a secret readable to who may, and to nobody in the files of the store', async () => {
    await cluster.ok(['create', 'secret', 'generic', 'db', `--from-literal=password=${CANARY}`]);
    await cluster.ok(['create', 'configmap', 'open', '--from-literal=word=plain-to-see']);
    await cluster.stopServer('SIGKILL');
    const store = path.join(cluster.folder, 'server', 'store');
    const bytes = Buffer.concat(readdirSync(store).map((name) => readFileSync(path.join(store, name))));
    expect(bytes.includes('plain-to-see')).toBe(true);
    expect([CANARY, encoded].filter((text) => bytes.includes(text))).toEqual([]);
    await cluster.startServer();
    expect(await cluster.ok(['get', 'secret', 'db', '-o', 'jsonpath={.data.password}'])).toBe(encoded);
  });

  it('notes what its policy asks for, and never the secret', async () => {
    await cluster.stopServer();
    const text = readFileSync(auditLog, 'utf8');
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events).toContainEqual(
      expect.objectContaining({
        kind: 'Event',
        level: 'Metadata',
        stage: 'ResponseComplete',
        verb: 'create',
        objectRef: { resource: 'secrets', namespace: 'default', name: 'db', apiVersion: 'v1' },
        responseStatus: { metadata: {}, code: 201 },
      }),
    );
    expect(events).toContainEqual(
      expect.objectContaining({
        level: 'RequestResponse',
        objectRef: { resource: 'resourcequotas', namespace: 'small', name: 'q', apiVersion: 'v1' },
        responseObject: expect.objectContaining({ kind: 'ResourceQuota' }) as object,
      }),
    );
    expect([CANARY, encoded, 'managedFields'].filter((each) => text.includes(each))).toEqual([]);
    await cluster.startServer();
  });

  it.each<[string, () => readonly string[], string]>([
    [
      'an audit policy that means nothing',
      () => {
        const wrong = path.join(folder, 'wrong.yaml');
        writeFileSync(wrong, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n  - level: Loud\n');
        return ['--data-dir', path.join(folder, 'other'), '--audit-policy-file', wrong];
      },
      'wrong.yaml, line 4: level must be one of None, Metadata, Request, RequestResponse',
    ],
    [
      'a key that is missing',
      () => {
        const keys = path.join(folder, 'keys');
        writeFileSync(keys, `other:${Buffer.alloc(32, 1).toString('base64')}\n`, { mode: 0o600 });
        return ['--data-dir', path.join(cluster.folder, 'server'), '--encryption-key-file', keys];
      },
      'is encrypted with the key "key1", which is not in',
    ],
  ])('does not start with %s', async (_, args, message) => {
    await cluster.stopServer();
    const { status, stderr } = await run(process.execPath, [
      SERVER,
      ...['--port', String(await freePort())],
      ...args(),
    ]);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    await cluster.startServer();
  });
});
