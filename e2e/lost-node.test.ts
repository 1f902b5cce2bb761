import { Cluster } from './harness/cluster';
import { shell } from './harness/manifests';

jest.setTimeout(180_000);

const labels = { app: 'web' };
const REPLACED_WITHIN_MS = 30_000;

/** An agent that dies, on two nodes and the real engine. */
describe('a lost node', () => {
  let cluster: Cluster;
  let lost = '';
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 2 });
    const spec = { terminationGracePeriodSeconds: 1, containers: [shell('exec sleep 3600')] };
    await cluster.ok(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      }),
    );
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    await cluster.ok(['expose', 'deployment', 'web', '--port=80']);
    lost = await cluster.ok(['get', 'pods', '-o', 'jsonpath={.items[0].spec.nodeName}']);
  });
  afterAll(() => cluster.stop());

  const kept = (): string => cluster.workers.find((worker) => worker !== lost) ?? '';
  const ready = ['get', 'deployment', 'web', '-o', 'jsonpath={.status.readyReplicas}'];

  it('has its pods replaced elsewhere within half a minute', async () => {
    const killedMs = performance.now();
    await cluster.stopKubelet(lost, 'SIGKILL');
    await cluster.until(
      ['get', 'endpointslices', '-o', 'jsonpath={.items[*].endpoints[*].conditions.ready}'],
      ({ stdout }) => stdout === 'false',
    );
    await cluster.until(
      ['get', 'pods', '-o', `jsonpath={.items[?(@.spec.nodeName=="${kept()}")].status.phase}`],
      ({ stdout }) => stdout === 'Running',
    );
    expect(performance.now() - killedMs).toBeLessThan(REPLACED_WITHIN_MS);
    await cluster.until(ready, ({ stdout }) => stdout === '1');
    expect(await cluster.ok(['describe', 'node', lost])).toMatch(/node.kubernetes.io\/unreachable:NoExecute/);
  });

  it('gives up the pods it kept when it is back', async () => {
    await cluster.startKubelet(lost);
    await cluster.until(['get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}'], ({ stdout }) => stdout === kept());
    expect(await cluster.containers('label=io.kubernetes.container.name=main', 'status=running')).toHaveLength(1);
    await cluster.until(['describe', 'node', lost], ({ stdout }) => /Taints: +<none>/.test(stdout));
  });

  it('keeps its pods where no other node is up either', async () => {
    await Promise.all(cluster.workers.map((worker) => cluster.stopKubelet(worker, 'SIGKILL')));
    await cluster.until(
      ['get', 'nodes', '-o', 'jsonpath={.items[*].status.conditions[?(@.type=="Ready")].status}'],
      ({ stdout }) => stdout === 'Unknown Unknown',
    );
    await Promise.all(cluster.workers.map((worker) => cluster.startKubelet(worker)));
    await cluster.until(ready, ({ stdout }) => stdout === '1');
    expect(await cluster.ok(['get', 'pods', '-o', 'jsonpath={.items[*].spec.nodeName}'])).toBe(kept());
  });
});
