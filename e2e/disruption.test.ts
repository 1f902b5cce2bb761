import { Cluster } from './harness/cluster';
import { shell } from './harness/manifests';

jest.setTimeout(180_000);

const labels = { app: 'web' };
const selector = { matchLabels: labels };
const manifest = (apiVersion: string, kind: string, spec: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name: 'web' }, spec });

/** The real kubectl drains a node under a disruption budget, on two nodes and the real engine. */
describe('a disruption budget', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 2 });
    const spec = { terminationGracePeriodSeconds: 0, containers: [shell('exec sleep 3600')] };
    const template = { metadata: { labels }, spec };
    await cluster.ok(['apply', '-f', '-'], manifest('apps/v1', 'Deployment', { replicas: 2, selector, template }));
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    await cluster.ok(['apply', '-f', '-'], manifest('policy/v1', 'PodDisruptionBudget', { minAvailable: 2, selector }));
  });
  afterAll(() => cluster.stop());

  it('tells what it allows', async () => {
    await cluster.until(['get', 'pdb', 'web'], ({ stdout }) => /web +2 +N\/A +0 +\d+s/.test(stdout));
    expect(await cluster.ok(['describe', 'pdb', 'web'])).toMatch(
      /Allowed disruptions: +0\n +Current: +2\n +Desired: +2\n +Total: +2/,
    );
  });

  it('holds a drain back, which goes on as soon as enough others are ready', async () => {
    const node = await cluster.ok(['get', 'pods', '-o', 'jsonpath={.items[0].spec.nodeName}']);
    const drain = cluster.kubectlRunning(['drain', node, '--ignore-daemonsets', '--timeout=120s']);
    await drain.until(
      /error when evicting pods\/"web-\S+" -n "default" \(will retry after 5s\): Cannot evict pod as it would violate the pod's disruption budget\./,
    );
    expect((await cluster.ok(['get', 'pods', '-o', 'jsonpath={.items[*].metadata.name}'])).split(' ')).toHaveLength(2);

    await cluster.ok(['scale', 'deployment/web', '--replicas=3']);
    expect(await drain.exit).toBe(0);
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    const nodes = await cluster.ok(['get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}']);
    expect(nodes.split(' ')).not.toContain(node);
  });

  it('lets another drain pass when it is gone', async () => {
    const [first = '', second = ''] = cluster.workers;
    await cluster.ok(['uncordon', first, second]);
    await cluster.ok(['delete', 'pdb', 'web']);
    await cluster.ok(['drain', second, '--ignore-daemonsets', '--timeout=60s']);
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
  });
});
