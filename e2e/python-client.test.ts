import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { act, actInPod, startClientPods } from './harness/client-script';
import { Cluster } from './harness/cluster';
import { configMapManifest } from './harness/manifests';

jest.setTimeout(120_000);

const SCRIPT = { interpreter: '/usr/bin/python3', file: 'python_client.py' };

describe("Debian's Python client", () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    await startClientPods(cluster);
  });
  afterAll(() => cluster.stop());
  const client = (action: string, ...rest: readonly string[]): Promise<unknown> =>
    act(SCRIPT, cluster, action, ...rest);

  it('watches from a version on, and until its time is up', async () => {
    expect(await client('watch')).toEqual({
      seen: [
        ['ADDED', 'watched', '1'],
        ['MODIFIED', 'watched', '2'],
        ['DELETED', 'watched', '2'],
      ],
      ended: 0,
    });
  });

  it('executes: both streams, stdin, exit code', async () => {
    expect(await client('exec')).toEqual({ both: ['err', 'out'], answer: 'got hello', code: 3 });
  });

  it('reads logs from their end, and follows them', async () => {
    expect(await client('logs')).toEqual({ tail: 'started\n', followed: ['started', 'more'] });
  });

  it('forwards a port', async () => {
    expect(await client('port-forward')).toEqual({ body: 'hello\n', error: null });
  });

  it('handles custom objects, by their paths and dynamically', async () => {
    expect(await client('custom-objects')).toEqual({
      read: [{ size: 2 }, { seen: 2 }],
      invalid: [422, 'Invalid'],
      listed: 1,
      dynamic: 2,
      names: ['applied', 'one'],
      left: 0,
    });
  });

  it('finds kinds by discovery', async () => {
    expect(await client('dynamic')).toEqual({
      data: { a: '1', b: '2' },
      deleted: 'Success',
      kinds: ['ControllerRevision', 'DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'],
    });
  });

  it('creates what a file of several documents says', async () => {
    const file = path.join(cluster.folder, 'objects.yaml');
    const bot = JSON.stringify({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'bot' } });
    writeFileSync(file, [configMapManifest('from-yaml', { a: '1' }), bot].join('\n---\n'));
    expect(await client('from-yaml', file)).toEqual({
      created: [
        ['ConfigMap', 'from-yaml'],
        ['ServiceAccount', 'bot'],
      ],
      again: ['AlreadyExists', 'AlreadyExists'],
    });
  });

  it('elects one leader of two', async () => {
    expect(await client('leader-election')).toEqual({ led: ['one'], holder: 'one' });
  });

  it('runs, scales, evicts and deletes, and asks for access and tokens', async () => {
    expect(await client('lifecycle')).toEqual({
      scale: 2,
      selector: 'app=python',
      allowed: true,
      token: 2,
      version: '1',
    });
  });

  it('finds server and credentials by itself within a pod', async () => {
    expect(await actInPod(SCRIPT, cluster, 'in-cluster')).toEqual({
      pods: ['echo', 'inside', 'web'],
      refused: [403, 'Forbidden'],
    });
  });
});
