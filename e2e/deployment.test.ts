import { command } from '../deploy/local-cluster/command';
import { Cluster, IMAGE } from './harness/cluster';

jest.setTimeout(180_000);

const DEPLOYMENT = JSON.stringify({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: 'web', image: IMAGE, imagePullPolicy: 'IfNotPresent', command: ['sh', '-c', 'exec sleep 3600'] },
        ],
      },
    },
  },
});

/** A deployment's life with the real kubectl, its pods on the real engine. */
describe('a deployment', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  const rolledOut = (): Promise<string> => cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
  const revisions = async (): Promise<readonly string[]> =>
    [...(await cluster.ok(['rollout', 'history', 'deployment/web'])).matchAll(/^(\d+) /gm)].map(([, n = '']) => n);
  const variables = (): Promise<string> =>
    cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.containers[0].env[*].value}']);

  it('rolls out', async () => {
    await cluster.ok(['apply', '-f', '-'], DEPLOYMENT);
    expect(await rolledOut()).toContain('successfully rolled out');
    expect(await cluster.ok(['get', 'deployment', 'web', '--no-headers'])).toMatch(/^web +3\/3 +3 +3 /);
    expect(await cluster.containers('label=io.kubernetes.container.name=web')).toHaveLength(3);
  });

  it('rolls to another template, and back', async () => {
    await cluster.ok(['set', 'env', 'deployment/web', 'COLOUR=green']);
    await rolledOut();
    expect(await variables()).toBe('green green green');
    expect(await revisions()).toEqual(['1', '2']);
    await cluster.ok(['rollout', 'undo', 'deployment/web']);
    await rolledOut();
    expect(await variables()).toBe('');
    expect(await revisions()).toEqual(['2', '3']);
  });

  it('goes on with a rollout in the midst of which the agent is killed', async () => {
    await cluster.ok(['set', 'env', 'deployment/web', 'COLOUR=blue']);
    await cluster.until(
      ['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].spec.containers[0].env[*].value}'],
      ({ stdout }) => stdout.includes('blue'),
    );
    await cluster.stopKubelet(undefined, 'SIGKILL');
    const running = 'status=running';
    expect((await cluster.containers('label=io.kubernetes.container.name=web', running)).length).toBeGreaterThanOrEqual(
      3,
    );
    await cluster.startKubelet();
    await rolledOut();
    expect(await variables()).toBe('blue blue blue');
    await cluster.until(['get', 'pods', '-l', 'app=web', '--no-headers'], ({ stdout }) =>
      /^(\S+ +1\/1 +Running +0 .*\n){3}$/.test(stdout),
    );
    expect(await cluster.containers('label=io.kubernetes.container.name=web')).toHaveLength(3);
    await cluster.ok(['rollout', 'undo', 'deployment/web']);
    await rolledOut();
    expect(await revisions()).toEqual(['2', '4', '5']);
  });

  it('restarts, pauses and resumes', async () => {
    await cluster.ok(['rollout', 'restart', 'deployment/web']);
    await rolledOut();
    await cluster.ok(['rollout', 'pause', 'deployment/web']);
    await cluster.ok(['set', 'env', 'deployment/web', 'COLOUR=blue']);
    await cluster.until(['get', 'deployment', 'web', '-o', 'jsonpath={.status.conditions[*].reason}'], ({ stdout }) =>
      stdout.includes('DeploymentPaused'),
    );
    expect(await variables()).toBe('');
    await cluster.ok(['rollout', 'resume', 'deployment/web']);
    await rolledOut();
    expect(await variables()).toBe('blue blue blue');
  });

  it('scales, and replaces pods that go', async () => {
    await cluster.ok(['scale', 'deployment/web', '--replicas=5']);
    await rolledOut();
    await cluster.ok(['delete', 'pods', '-l', 'app=web', '--wait=false']);
    await cluster.until(
      ['get', 'deployment', 'web', '-o', 'jsonpath={.status.availableReplicas}'],
      ({ stdout }) => stdout === '5',
    );
    const [id = ''] = await cluster.containers('label=io.kubernetes.container.name=web');
    await command('docker', ['rm', '-f', id]);
    await cluster.until(
      ['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].status.containerStatuses[*].restartCount}'],
      ({ stdout }) => stdout.includes('1'),
    );
    await rolledOut();
  });

  it('takes its ReplicaSets, pods and containers along', async () => {
    await cluster.ok(['delete', 'deployment', 'web', '--timeout=60s']);
    await cluster.until(['get', 'replicasets,pods', '-o', 'name'], ({ stdout }) => stdout === '');
    await cluster.untilNoContainers();
  });
});
