import { Cluster, IMAGE } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

/** Looking into a pod that runs, by containers added to it. */
describe('kubectl debug', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    const target = shell('echo secret-of-the-target > /tmp/found; exec sleep 7654');
    await cluster.ok(['apply', '-f', '-'], podManifest('web', { containers: [target] }));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/web', '--timeout=60s']);
  });
  afterAll(() => cluster.stop());

  const debug = (...args: readonly string[]): readonly string[] => [
    ...['debug', 'web', `--image=${IMAGE}`, '--image-pull-policy=IfNotPresent'],
    ...args,
  ];

  it('attaches to a new container that sees the processes and files of its target', async () => {
    const session = cluster.kubectlRunning(debug('-i', '--target=main', '--container=looker', '--', 'sh'));
    await session.until(/If you don't see a command prompt/);
    session.write('ps; cat /proc/1/root/tmp/found\n');
    await session.until(/sleep 7654/);
    await session.until(/secret-of-the-target/);
    session.write('exit 3\n');
    await session.exit;
  });

  it('tells in the status how it ended, and leaves the pod as it was', async () => {
    const of = 'status.ephemeralContainerStatuses[0]';
    await cluster.untilPod('web', `{.${of}.name} {.${of}.state.terminated.exitCode}`, (text) => text === 'looker 3');
    expect(await cluster.ok(['get', 'pods'])).toMatch(/web +1\/1 +Running +0 /);
    expect(await cluster.ok(['describe', 'pod', 'web'])).toMatch(/Ephemeral Containers:\n +looker:/);
  });

  it('keeps its log', async () => {
    await cluster.ok(debug('--container=speaker', '--', 'echo', 'words'));
    await cluster.untilPod(
      'web',
      '{.status.ephemeralContainerStatuses[1].state.terminated.reason}',
      (reason) => reason === 'Completed',
    );
    expect(await cluster.ok(['logs', 'web', '-c', 'speaker'])).toBe('words\n');
  });

  it('does not start them again with a new agent', async () => {
    await cluster.stopKubelet();
    await cluster.startKubelet();
    await cluster.kubelet().until(/connected to the server/);
    await cluster.ok(debug('--container=third', '--', 'true'));
    await cluster.untilPod(
      'web',
      '{.status.ephemeralContainerStatuses[2].state.terminated.reason}',
      (reason) => reason === 'Completed',
    );
    expect(await cluster.containers('label=io.kubernetes.container.name=looker')).toHaveLength(1);
    expect(await cluster.containers('label=io.kubernetes.container.name=looker', 'status=running')).toEqual([]);
  });

  it('removes them with the pod', async () => {
    await cluster.ok(['delete', 'pod', 'web']);
    await cluster.untilNoContainers('label=io.kubernetes.pod.name=web');
  });
});
