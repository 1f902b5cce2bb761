import { command } from '../deploy/local-cluster/command';
import { createTcpProxy } from '../shared/testing/tcp-proxy';
import { Cluster, freePort } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(180_000);

const docker = async (...args: string[]): Promise<string> => (await command('docker', args)).stdout.trim();

/** What breaks, and what must not break with it. */
describe('when things break', () => {
  let cluster: Cluster;
  let proxy: Awaited<ReturnType<typeof createTcpProxy>>;
  const appContainers = (pod: string): Promise<readonly string[]> =>
    cluster.containers(`label=io.kubernetes.pod.name=${pod}`, 'label=io.kubernetes.container.name=main');
  const runPod = async (name: string, line = 'sleep 3600'): Promise<void> => {
    await cluster.ok(['apply', '-f', '-'], podManifest(name, { containers: [shell(line)] }));
    await cluster.untilPod(name, '{.status.phase}', (phase) => phase === 'Running');
  };
  const nodeReady = (status: string): Promise<unknown> =>
    cluster.until(
      ['get', 'node', cluster.workers[0] ?? '', '-o', 'jsonpath={.status.conditions[?(@.type=="Ready")].status}'],
      ({ stdout }) => stdout === status,
    );

  beforeAll(async () => {
    const port = await freePort();
    proxy = await createTcpProxy({ host: '127.0.0.1', port });
    cluster = await Cluster.start({ port, agentPort: proxy.port });
    await runPod('steady');
  });
  afterAll(async () => {
    await cluster.stop();
    await proxy.close();
  });

  it('puts a container that was removed behind our back up again', async () => {
    const [before] = await appContainers('steady');
    await docker('rm', '-f', before ?? '');
    await cluster.untilPod('steady', '{.status.containerStatuses[0].restartCount}', (count) => count === '1');
    await cluster.untilPod('steady', '{.status.containerStatuses[0].state.running.startedAt}', (at) => at !== '');
    const running = await cluster.containers(
      'label=io.kubernetes.pod.name=steady',
      'label=io.kubernetes.container.name=main',
      'status=running',
    );
    expect(running).toHaveLength(1);
    expect(running).not.toContain(before);
  });

  it('adopts what runs after the agent was killed: nothing restarts, nothing doubles', async () => {
    const before = await appContainers('steady');
    const startedAt = await docker('inspect', '--format', '{{.State.StartedAt}}', before[0] ?? '');
    await cluster.stopKubelet(undefined, 'SIGKILL');
    await nodeReady('Unknown');
    await cluster.startKubelet();
    await nodeReady('True');
    await runPod('after-restart');
    expect(await appContainers('steady')).toEqual(before);
    expect(await docker('inspect', '--format', '{{.State.StartedAt}}', before[0] ?? '')).toBe(startedAt);
    expect(await cluster.ok(['logs', 'steady', '--tail=1'])).toBe('');
  });

  it('removes the containers of a pod that was deleted while the agent was away', async () => {
    await runPod('orphan');
    await cluster.stopKubelet(undefined, 'SIGKILL');
    await cluster.ok(['delete', 'pod', 'orphan', '--force', '--grace-period=0']);
    expect(await appContainers('orphan')).toHaveLength(1);
    await cluster.startKubelet();
    await nodeReady('True');
    await untilGone(() => cluster.containers('label=io.kubernetes.pod.name=orphan'));
  });

  it('leaves containers alone while the server is away, and goes on with it afterwards', async () => {
    const before = await appContainers('steady');
    await cluster.stopServer('SIGKILL');
    const restarted = before[0] ?? '';
    expect(await docker('inspect', '--format', '{{.State.Running}}', restarted)).toBe('true');
    await cluster.startServer();
    await nodeReady('True');
    expect(await appContainers('steady')).toEqual(before);
    await runPod('after-server');
  });

  it('restarts a crashed container also while no server answers', async () => {
    await cluster.stopServer();
    const [before] = await appContainers('steady');
    await docker('rm', '-f', before ?? '');
    await untilTrue(
      async () =>
        (
          await cluster.containers(
            'label=io.kubernetes.pod.name=steady',
            'label=io.kubernetes.container.name=main',
            'status=running',
          )
        ).length === 1,
    );
    await cluster.startServer();
    await nodeReady('True');
  });

  it('calls a node that is cut off not ready, and ready again when it is back, with its pods untouched', async () => {
    const before = await appContainers('steady');
    proxy.suspend();
    await nodeReady('Unknown');
    expect(await cluster.ok(['get', 'nodes'])).toContain('NotReady');
    proxy.resume();
    await nodeReady('True');
    await cluster.untilPod('steady', '{.status.conditions[?(@.type=="Ready")].status}', (status) => status === 'True');
    expect(await appContainers('steady')).toEqual(before);
  });

  it('shows the workers with live figures at /nodes, and refuses it to strangers', async () => {
    const nodes = JSON.parse(await cluster.ok(['get', '--raw', '/nodes'])) as { items?: unknown[] } | unknown[];
    const list = (Array.isArray(nodes) ? nodes : (nodes.items ?? [])) as {
      name: string;
      usage?: { memoryUsedBytes: number; cpuPercent: number };
    }[];
    expect(list.map(({ name }) => name)).toEqual(cluster.workers);
    expect(list[0]?.usage?.memoryUsedBytes).toBeGreaterThan(1_000_000);
  });
});

async function untilTrue(holds: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const untilGone = (list: () => Promise<readonly string[]>): Promise<void> =>
  untilTrue(async () => (await list()).length === 0);
