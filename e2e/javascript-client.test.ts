import { act, actInPod, startClientPods } from './harness/client-script';
import { Cluster } from './harness/cluster';

jest.setTimeout(120_000);

const SCRIPT = { interpreter: process.execPath, file: 'official-client.mjs' };

describe('the official JavaScript client', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    await startClientPods(cluster);
  });
  afterAll(() => cluster.stop());
  const client = (action: string): Promise<unknown> => act(SCRIPT, cluster, action);

  it('watches: each change once, in order, until it stops', async () => {
    expect(await client('watch')).toEqual({
      seen: [
        ['ADDED', 'watched', '1'],
        ['MODIFIED', 'watched', '2'],
        ['DELETED', 'watched', '2'],
      ],
      ended: 'AbortError',
    });
  });

  it('keeps a cache by an informer', async () => {
    expect(await client('informer')).toEqual({
      seen: [
        ['add', 'before', '1'],
        ['add', 'after', '1'],
        ['update', 'after', '2'],
        ['delete', 'before', '1'],
      ],
      cached: ['after'],
    });
  });

  it('executes: both streams, exit code, stdin and its end, terminal', async () => {
    expect(await client('exec')).toEqual({
      plain: { stdout: 'out\n', stderr: 'err\n', status: 'Success' },
      failed: [{ reason: 'ExitCode', message: '3' }],
      stdin: 'through stdin',
      tty: 'terminal\r\n',
    });
  });

  it('attaches and types', async () => {
    expect(await client('attach')).toContain('got hello\n');
  });

  it('reads logs from their end, and follows them', async () => {
    expect(await client('logs')).toEqual({ tail: 'started\n', followed: 'started\nmore\n' });
  });

  it('forwards a port', async () => {
    expect(await client('port-forward')).toBe('hello\n');
  });

  it('copies a file there and back unchanged', async () => {
    expect(await client('cp')).toEqual({ isSame: true });
  });

  it('patches in every way', async () => {
    expect(await client('patches')).toEqual({
      json: { a: 'json', b: '2' },
      merge: { a: 'json', c: 'merge' },
      strategic: { a: 'strategic', c: 'merge' },
    });
  });

  it('applies objects of any kind on the server, with owners and conflicts', async () => {
    expect(await client('objects')).toEqual({
      data: [{ a: '1' }, { a: '1', b: '2' }, { a: '9' }, { a: '9' }],
      managers: ['two Apply'],
      conflict: [409, 'Conflict', '.data.a'],
      listed: ['applied'],
      deleted: 'Success',
      gone: [404, 'NotFound'],
    });
  });

  it('reads what pods and nodes use', async () => {
    expect(await client('metrics')).toEqual({
      nodes: [['cpu', 'memory']],
      containers: ['main'],
      topPods: true,
      topNodes: 1,
    });
  });

  it('tells refusals apart', async () => {
    expect(await client('refusals')).toEqual({
      again: [409, 'AlreadyExists'],
      stale: [409, 'Conflict'],
      invalid: [422, 'Invalid'],
      absent: [404, 'NotFound'],
    });
  });

  it('finds server and credentials by itself within a pod', async () => {
    expect(await actInPod(SCRIPT, cluster, 'in-cluster')).toEqual({
      pods: ['echo', 'inside', 'web'],
      refused:
        'secrets is forbidden: User "system:serviceaccount:default:lister" cannot list resource "secrets" in API group "" in the namespace "default"',
    });
  });
});
