import { command } from '../deploy/local-cluster/command';
import { Cluster } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

const docker = async (...args: string[]): Promise<string> => (await command('docker', args)).stdout.trim();

/** The agent is started anew while no server answers: what pods need of the server it cannot know. */
describe('an agent without a server', () => {
  let cluster: Cluster;
  const main = async (pod: string): Promise<string> => {
    const label = 'label=io.kubernetes.container.name=main';
    const [id = ''] = await cluster.containers(`label=io.kubernetes.pod.name=${pod}`, label, 'status=running');
    return id;
  };
  let before: readonly string[] = [];

  beforeAll(async () => {
    cluster = await Cluster.start({ agentArgs: ['--log-level', 'debug'] });
    await cluster.ok(['create', 'secret', 'generic', 'login', '--from-literal=password=sesame']);
    const secretKeyRef = { name: 'login', key: 'password' };
    const byName = shell('exec sleep 3600', { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef } }] });
    const byFile = shell('exec sleep 3600', {
      volumeMounts: [{ name: 'login', mountPath: '/login' }],
    });
    const volumes = [{ name: 'login', secret: { secretName: 'login' } }];
    await cluster.ok(['apply', '-f', '-'], podManifest('by-name', { containers: [byName] }));
    await cluster.ok(['apply', '-f', '-'], podManifest('by-file', { containers: [byFile], volumes }));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', 'by-name', 'by-file', '--timeout=60s']);
    before = [await main('by-name'), await main('by-file')];
    await cluster.stopServer();
    await cluster.stopKubelet(undefined, 'SIGKILL');
    await cluster.startKubelet();
    await cluster.kubelet().until(/adopted what runs/);
  });
  afterAll(() => cluster.stop());

  it('leaves alone what runs with Secrets', async () => {
    await cluster.kubelet().until(/dial|connect/i);
    expect([await main('by-name'), await main('by-file')]).toEqual(before);
  });

  it('restarts a container whose Secret is a file that is there already', async () => {
    await docker('kill', before[1] ?? '');
    const running = async (): Promise<boolean> => ![before[1], ''].includes(await main('by-file'));
    while (!(await running())) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await docker('exec', await main('by-file'), 'cat', '/login/password')).toBe('sesame');
  });

  it('holds a container that needs the Secret itself, says why, and starts it when the server is back', async () => {
    await docker('kill', before[0] ?? '');
    await cluster.kubelet().until(/"default\/by-name".*"createContainer"/);
    await cluster.startServer();
    await cluster.untilPod('by-name', '{.status.containerStatuses[0].restartCount}', (count) => count === '1');
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', 'by-name', '--timeout=60s']);
    expect(await cluster.ok(['exec', 'by-name', '--', 'sh', '-c', 'echo $PASSWORD'])).toBe('sesame\n');
    await cluster.until(['get', 'events', '--field-selector', 'involvedObject.name=by-name'], ({ stdout }) =>
      /Error: secret "login" is not known on this node: the node is not connected to the server/.test(stdout),
    );
  });
});
