import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { command } from '../deploy/local-cluster/command';
import { parseJoinToken } from '../shared/wire/join-token';
import { Cluster, freePort } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

const word = (): string => `canary${randomBytes(12).toString('hex')}`;

/** What is somebody's secret is left nowhere where others read: in logs at their most talkative, labels, Events, statuses. */
describe('what is secret', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-secrecy-'));
  const canaries = {
    'the value of an environment variable': word(),
    'the content of a file': word(),
    'the password of a registry': word(),
    'a value in a body that is no JSON': word(),
    'a value in a Secret that is not valid': word(),
    'a bearer token that is valid': word(),
    'a bearer token that is not': word(),
  };
  let cluster: Cluster;
  let logs = '';
  let shown = '';

  const postSecret = (body: string) =>
    cluster.kubectl(['create', '--raw', '/api/v1/namespaces/default/secrets', '-f', '-'], body);
  const getPodsAs = (token: string) =>
    cluster.kubectl([
      ...['--kubeconfig=/dev/null', `--server=https://127.0.0.1:${cluster.port}`, '--insecure-skip-tls-verify'],
      ...[`--token=${token}`, 'get', 'pods'],
    ]);

  beforeAll(async () => {
    const debug = ['--log-level', 'debug'];
    const tokens = path.join(folder, 'tokens.csv');
    writeFileSync(tokens, `${canaries['a bearer token that is valid']},robot,1,"system:masters"\n`);
    cluster = await Cluster.start({ serverArgs: [...debug, '--token-auth-file', tokens], agentArgs: debug });
    const registry = `127.0.0.1:${await freePort()}`;
    await makeSecrets(registry);
    await runPods(registry);
    expect((await getPodsAs(canaries['a bearer token that is valid'])).status).toBe(0);
    expect((await getPodsAs(canaries['a bearer token that is not'])).status).toBe(1);
    await recordWhatIsShown();
    logs = cluster.kubelet().output();
    await cluster.stopKubelet();
    await cluster.startKubelet();
    await cluster.kubelet().until(/connected to the server/);
    await cluster.ok(['delete', 'pod', 'reader', 'puller']);
    logs += cluster.serverOutput + cluster.kubelet().output();
  });

  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function makeSecrets(registry: string): Promise<void> {
    await cluster.ok([
      ...['create', 'secret', 'generic', 'canary'],
      `--from-literal=env=${canaries['the value of an environment variable']}`,
      `--from-literal=file=${canaries['the content of a file']}`,
    ]);
    await cluster.ok([
      ...['create', 'secret', 'docker-registry', 'pull', `--docker-server=${registry}`, '--docker-username=puller'],
      `--docker-password=${canaries['the password of a registry']}`,
    ]);
    const head = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'broken' } };
    const cut = JSON.stringify({ ...head, stringData: { a: canaries['a value in a body that is no JSON'] } }).slice(
      0,
      -2,
    );
    expect((await postSecret(cut)).status).toBe(1);
    const noBase64 = { ...head, data: { a: `${canaries['a value in a Secret that is not valid']}!` } };
    expect((await postSecret(JSON.stringify(noBase64))).status).toBe(1);
  }

  async function runPods(registry: string): Promise<void> {
    const reader = shell('exec sleep 3600', {
      env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'canary', key: 'env' } } }],
      envFrom: [{ secretRef: { name: 'canary' } }],
      volumeMounts: [{ name: 'files', mountPath: '/secret' }],
    });
    const volumes = [{ name: 'files', secret: { secretName: 'canary' } }];
    await cluster.ok(['apply', '-f', '-'], podManifest('reader', { containers: [reader], volumes }));
    await cluster.ok(
      ['apply', '-f', '-'],
      podManifest('puller', {
        containers: [shell('true', { image: `${registry}/team/app:v1` })],
        imagePullSecrets: [{ name: 'pull' }],
      }),
    );
    await cluster.untilPod('reader', '{.status.phase}', (phase) => phase === 'Running');
    await cluster.untilPod('puller', '{.status.containerStatuses[0].state.waiting.reason}', (reason) =>
      reason.includes('Pull'),
    );
  }

  async function recordWhatIsShown(): Promise<void> {
    const format = '{{.Name}} {{json .Config.Labels}} {{json .Config.Cmd}}';
    const inspected = await command('docker', ['inspect', '--format', format, ...(await cluster.containers())]);
    expect(inspected.stdout).toContain('io.kubernetes.pod.name');
    shown = inspected.stdout + (await cluster.ok(['get', 'events,pods,nodes', '-A', '-o', 'json']));
  }

  /** Lines in which that is readable, as it is or as the API writes a Secret. */
  const linesWith = (secret: string): readonly string[] => {
    const encoded = Buffer.from(secret).toString('base64').replace(/=*$/, '');
    return `${logs}\n${shown}`.split('\n').filter((line) => line.includes(secret) || line.includes(encoded));
  };

  it('was there to be found: the logs tell of these pods in detail', () => {
    expect(linesWith('"level":20')).not.toEqual([]);
    expect(linesWith('default/reader')).not.toEqual([]);
    expect(linesWith('default/puller')).not.toEqual([]);
  });

  it.each(Object.entries(canaries))('does not show %s', (_what, canary) => {
    expect(linesWith(canary)).toEqual([]);
  });

  it('does not show the join token, nor the secret half of it', () => {
    const token = readFileSync(path.join(cluster.folder, 'server', 'join-token'), 'utf8').trim();
    expect([token, parseJoinToken(token).secret].flatMap(linesWith)).toEqual([]);
  });

  it("does not show a private key, be it the node's or the server's", () => {
    const keys = readdirSync(cluster.folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.pem') || name.endsWith('.key'))
      .map((name) => readFileSync(path.join(cluster.folder, name), 'utf8'))
      .filter((text) => text.includes('PRIVATE KEY'));
    expect(keys.length).toBeGreaterThanOrEqual(2);
    expect(linesWith('PRIVATE KEY')).toEqual([]);
    for (const key of keys) expect(linesWith(key.split('\n')[1] ?? '')).toEqual([]);
  });
});
