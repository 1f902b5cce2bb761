import { Cluster } from './harness/cluster';
import { podManifest, shell } from './harness/manifests';

jest.setTimeout(120_000);

/** A node that is told to keep free more than there is. */
describe('a node that runs short', () => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start();
    const modest = shell('exec sleep 3600', { resources: { requests: { memory: '64Mi' } } });
    await cluster.ok(['apply', '-f', '-'], podManifest('modest', { containers: [modest] }));
    await cluster.ok(['apply', '-f', '-'], podManifest('greedy', { containers: [shell('exec sleep 3600')] }));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', 'modest', 'greedy', '--timeout=60s']);
    await cluster.stopKubelet();
    await cluster.startKubelet(undefined, ['--eviction-hard', 'memory.available<100%']);
  });
  afterAll(() => cluster.stop());

  it('evicts first what asked for nothing, and says why', async () => {
    await cluster.untilPod('greedy', '{.status.phase} {.status.reason}', (text) => text === 'Failed Evicted');
    expect(await cluster.ok(['get', 'pods'])).toMatch(/greedy +0\/1 .*\nmodest +1\/1 +Running/);
    const message = await cluster.ok(['get', 'pod', 'greedy', '-o', 'jsonpath={.status.phase} {.status.message}']);
    expect(message).toMatch(
      /^Failed The node was low on resource: memory\. .*Container main was using \d+\w+, request is 0/,
    );
    await cluster.until(['get', 'events'], ({ stdout }) => /Warning +Evicted +pod\/greedy/.test(stdout));
  });

  it('shows its pressure, and takes nobody new', async () => {
    const condition = '{.status.conditions[?(@.type=="MemoryPressure")].status}';
    await cluster.until(
      ['get', 'node', cluster.workers[0] ?? '', '-o', `jsonpath=${condition}`],
      ({ stdout }) => stdout === 'True',
    );
    await cluster.until(['describe', 'node', cluster.workers[0] ?? ''], ({ stdout }) =>
      stdout.includes('node.kubernetes.io/memory-pressure:NoSchedule'),
    );
  });
});
