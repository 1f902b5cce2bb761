import { Cluster } from './harness/cluster';
import { shell } from './harness/manifests';

jest.setTimeout(240_000);

const labels = { app: 'web' };
const manifest = (apiVersion: string, kind: string, spec: object): string =>
  JSON.stringify({ apiVersion, kind, metadata: { name: 'web' }, spec });
/** As busy as it may be, until it is calmed. */
const BUSY = 'while :; do if [ -f /tmp/calm ]; then sleep 1; fi; done';

/** An autoscaler with the real kubectl, under real CPU load on the real engine. */
describe('an autoscaler', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
    const resources = { requests: { cpu: '50m' }, limits: { cpu: '100m' } };
    const spec = { terminationGracePeriodSeconds: 0, containers: [shell(BUSY, { resources })] };
    const template = { metadata: { labels }, spec };
    await cluster.ok(
      ['apply', '-f', '-'],
      manifest('apps/v1', 'Deployment', { replicas: 1, selector: { matchLabels: labels }, template }),
    );
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    await cluster.ok(
      ['apply', '-f', '-'],
      manifest('autoscaling/v2', 'HorizontalPodAutoscaler', {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 3,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
        ],
        behavior: { scaleDown: { stabilizationWindowSeconds: 0 } },
      }),
    );
  });
  afterAll(() => cluster.stop());

  it('makes more pods while they have more to do than they should', async () => {
    await cluster.until(['get', 'hpa', 'web'], ({ stdout }) =>
      /web +Deployment\/web +cpu: [1-9]\d\d%\/80% +1 +3 +\d/.test(stdout),
    );
    await cluster.until(['get', 'deployment', 'web'], ({ stdout }) => /web +3\/3 /.test(stdout), 90_000);
    const described = await cluster.ok(['describe', 'hpa', 'web']);
    expect(described).toMatch(/AbleToScale +True/);
    expect(described).toMatch(/ScalingActive +True +ValidMetricFound/);
    expect(described).toMatch(
      /SuccessfulRescale .*New size: \d; reason: cpu resource utilization \(percentage of request\) above target/,
    );
  });

  it('takes them away when they have little to do', async () => {
    const pods = await cluster.ok(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[*].metadata.name}']);
    for (const pod of pods.split(' ')) await cluster.ok(['exec', pod, '--', 'touch', '/tmp/calm']);
    await cluster.until(['get', 'deployment', 'web'], ({ stdout }) => /web +1\/1 /.test(stdout), 90_000);
    expect(await cluster.ok(['get', 'events'])).toMatch(
      /SuccessfulRescale +horizontalpodautoscaler\/web +New size: 1; reason: All metrics below target/,
    );
  });
});
