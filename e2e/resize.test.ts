import { command } from '../deploy/local-cluster/command';
import { Cluster } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

/** CPU and memory of a container changed while it runs. */
describe('kubectl patch --subresource=resize', () => {
  let cluster: Cluster;
  const resources = { requests: { cpu: '50m', memory: '32Mi' }, limits: { cpu: '100m', memory: '64Mi' } };
  const resize = (change: object): readonly string[] => [
    ...['patch', 'pod', 'web', '--subresource=resize', '-p'],
    JSON.stringify({ spec: { containers: [{ name: 'main', resources: change }] } }),
  ];

  beforeAll(async () => {
    cluster = await Cluster.start();
    await cluster.ok(
      ['apply', '-f', '-'],
      podManifest('web', { containers: [shell('exec sleep 3600', { resources })] }),
    );
    await cluster.ok(['wait', '--for=condition=Ready', 'pod/web', '--timeout=60s']);
  });
  afterAll(() => cluster.stop());

  it('gives the container more without restarting it', async () => {
    await cluster.ok(resize({ limits: { cpu: '300m', memory: '96Mi' } }));
    const container = '.status.containerStatuses[0]';
    const path = `{${container}.resources.limits.cpu} {${container}.resources.limits.memory} {${container}.restartCount}`;
    await cluster.untilPod('web', path, (text) => text === '300m 96Mi 0');
    const [id = ''] = await cluster.containers('label=io.kubernetes.container.name=main');
    const { stdout } = await command('docker', [
      ...['inspect', '--format', '{{.HostConfig.CpuQuota}} {{.HostConfig.Memory}}', id],
    ]);
    expect(stdout.trim()).toBe(`30000 ${96 * 2 ** 20}`);
  });

  it('refuses by the ordinary door, and what would change the class of the pod', async () => {
    const patch = JSON.stringify({ spec: { containers: [{ name: 'main', resources: { limits: { cpu: '1' } } }] } });
    expect((await cluster.kubectl(['patch', 'pod', 'web', '-p', patch])).stderr).toContain(
      'pod updates may not change',
    );
    const { stderr } = await cluster.kubectl(resize({ requests: { cpu: '300m', memory: '96Mi' } }));
    expect(stderr).toContain('Pod QOS Class may not change as a result of resizing');
  });

  it('says that the node is too small', async () => {
    await cluster.ok(resize({ requests: { cpu: '900' }, limits: { cpu: '1k' } }));
    const reason = '{.status.conditions[?(@.type=="PodResizePending")].reason}';
    await cluster.untilPod('web', reason, (text) => text === 'Infeasible');
    expect(await cluster.ok(['get', 'pods'])).toMatch(/web +1\/1 +Running +0 /);
  });
});
