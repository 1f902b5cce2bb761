import { Cluster } from './harness/cluster';
import { manifestList, shell } from './harness/manifests';

jest.setTimeout(180_000);

const deployment = (name: string, replicas: number, cpu: string, more: object = {}): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [shell('sleep 100000', { resources: { requests: { cpu } } })],
          ...more,
        },
      },
    },
  });

describe('where pods go', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start({ workers: 2 });
  });
  afterAll(() => cluster.stop());

  const podsOf = async (app: string): Promise<readonly (readonly [name: string, node: string])[]> => {
    const columns = '-o=jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName}{"\\n"}{end}';
    const lines = await cluster.ok([
      'get',
      'pods',
      '-l',
      `app=${app}`,
      '--field-selector=status.phase=Running',
      columns,
    ]);
    return lines
      .trim()
      .split('\n')
      .map((line) => {
        const [name = '', node = ''] = line.split(' ');
        return [name, node] as const;
      });
  };

  it('plan tells where pods would go and why, and does nothing', async () => {
    const { status, stdout } = await cluster.lite(['plan', '-f', '-'], deployment('web', 2, '100m'));
    expect(stdout).toMatch(/^WORKLOAD +PODS +NODE +WHY\ndeployment\/web +1 +e2e-\S+ +e2e-\S+ costs /);
    for (const worker of cluster.workers) expect(stdout).toContain(worker);
    expect(stdout).toContain('\nall 2 pods would run\n');
    expect(status).toBe(0);
    expect((await cluster.kubectl(['get', 'pods'])).stdout).toBe('');
  });

  it('plan says of what finds no place why, node by node, and exits with 1', async () => {
    const daemonSet = deployment('everywhere', 1, '100m').replace('"Deployment"', '"DaemonSet"');
    const manifests = manifestList(deployment('huge', 1, '64'), daemonSet);
    const { status, stdout } = await cluster.lite(['plan', '-f', '-'], manifests);
    expect(status).toBe(1);
    expect(stdout).toMatch(/deployment\/huge +1 +<none> +0\/2 nodes are available: 2 Insufficient cpu/);
    expect(stdout).toMatch(/NODE +EXCLUDED BY\ne2e-\S+ +Insufficient cpu: 64 requested/);
    expect(stdout).toContain('\n2 of 3 pods would run\n');
    for (const worker of cluster.workers) expect(stdout).toMatch(new RegExp(`daemonset/everywhere +1 +${worker} `));
    const json = await cluster.lite(['plan', '-f', '-', '-o', 'json'], deployment('web', 1, '100m'));
    expect(JSON.parse(json.stdout)).toMatchObject({ pods: [{ namespace: 'default', name: 'web' }] });
  });

  it('plan refuses what is no pod, and says where', async () => {
    const broken = deployment('web', 1, '100m').replace(/"image":"[^"]+"/, '"image":""');
    const { status, stderr } = await cluster.lite(['plan', '-f', '-'], broken);
    expect(status).toBe(1);
    expect(stderr).toContain('spec.containers[0].image: Required value');
  });

  it('rebalance moves pods to where they fit better, the new one first', async () => {
    const [first = '', second = ''] = cluster.workers;
    // Put on the second node while the first is closed, to which it would rather go.
    await cluster.ok(['cordon', first]);
    const preference = { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [first] }] };
    const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] };
    await cluster.ok(['apply', '-f', '-'], deployment('web', 1, '100m', { affinity: { nodeAffinity } }));
    await cluster.ok(['rollout', 'status', 'deployment/web', '--timeout=60s']);
    const [[before = '', where] = []] = await podsOf('web');
    expect(where).toBe(second);
    expect((await cluster.lite(['rebalance', '--dry-run'])).stdout).toBe(
      'nothing to move: every pod is where it fits best\n',
    );
    await cluster.ok(['uncordon', first]);

    const { stdout: shown } = await cluster.lite(['rebalance', '--dry-run']);
    expect(shown).toMatch(
      new RegExp(`^NAMESPACE +POD +FROM +TO +GAIN +WHY\\ndefault +${before} +${second} +${first} +\\d`),
    );
    expect((await podsOf('web')).map(([name]) => name)).toEqual([before]);
    const { status, stderr } = await cluster.lite(['rebalance'], 'n\n');
    expect([status, stderr.includes('nothing was moved')]).toEqual([1, true]);

    const ready = cluster.kubectlRunning([
      'get',
      'deployment',
      'web',
      '-w',
      '-o=jsonpath={.status.readyReplicas}/{.spec.replicas}{"\\n"}',
    ]);
    const done = await cluster.lite(['rebalance', '--yes']);
    expect(done).toMatchObject({ status: 0, stderr: '' });
    expect(done.stdout).toMatch(new RegExp(`pod/${before} left ${second}: pod/web-\\S+ is ready on ${first}\\n$`));
    await cluster.until(
      ['get', 'pods', '-l', 'app=web', '-o=name'],
      ({ stdout }) => stdout.trim().split('\n').length === 1,
    );
    expect((await podsOf('web')).map(([, node]) => node)).toEqual([first]);
    expect(await cluster.ok(['get', 'deployment', 'web', '-o=jsonpath={.spec.replicas}'])).toBe('1');
    ready.kill('SIGINT');
    await ready.exit;
    // Never without a ready pod.
    expect(ready.output()).not.toMatch(/^\/|^0\//m);
  });
});
