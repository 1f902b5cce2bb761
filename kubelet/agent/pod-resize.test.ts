import type { Pod } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import type { Bench } from './testing/agent-bench';
import { deleted, endBench, startBench } from './testing/agent-bench';

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});

afterEach(() => endBench(bench));

describe('a pod that is given other resources while it runs', () => {
  const asking = (cpu: string, memory: string, more: object = {}): Pod => {
    const resources = { requests: { cpu, memory }, limits: { cpu, memory } };
    return aPod({ containers: [{ name: 'app', image: 'busybox', resources, ...more }] });
  };
  const shown = () => bench.session.status('web').containerStatuses?.[0]?.resources?.limits;
  const condition = () => bench.session.status('web').conditions?.find(({ type }) => type.startsWith('PodResize'));

  it('has them at once, without a restart', async () => {
    await bench.sync(asking('100m', '64Mi'));
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    await bench.assign(asking('200m', '128Mi'));
    expect(bench.running()).toEqual(['app/0']);
    const resources = { cpuShares: 204, cpuLimitMilli: 200, memoryLimitBytes: 128 * 2 ** 20 };
    expect(bench.runtime.find('app')?.resources).toEqual(resources);
    expect(shown()).toEqual({ cpu: '200m', memory: '128Mi' });
    expect(condition()).toBeUndefined();
  });

  it('is restarted for them where its policy says so', async () => {
    const resizePolicy = [{ resourceName: 'memory', restartPolicy: 'RestartContainer' }];
    await bench.sync(asking('100m', '64Mi', { resizePolicy }));
    await bench.assign(asking('200m', '64Mi', { resizePolicy }));
    expect(bench.running()).toEqual(['app/0']);
    await bench.assign(asking('200m', '128Mi', { resizePolicy }));
    expect(bench.running()).toEqual(['app/1']);
    expect(bench.session.said()).toContain('Killing Container app resize requires restart');
  });

  it('keeps what it has where the node is too small, and says so', async () => {
    await bench.sync(asking('100m', '64Mi'));
    await bench.assign(asking('5', '64Mi'));
    expect(bench.runtime.callsOf('resizeContainer')).toEqual([]);
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    expect(condition()).toMatchObject({
      type: 'PodResizePending',
      reason: 'Infeasible',
      message: "Node didn't have enough capacity: cpu, requested: 5000, capacity: 4000",
    });
  });

  it('waits for room beside the other pods, and takes it when one of them goes', async () => {
    const other = aPod({ name: 'other', cpu: '3' });
    await bench.sync(asking('100m', '64Mi'), other);
    await bench.assign(asking('2', '64Mi'));
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    expect(condition()).toMatchObject({
      type: 'PodResizePending',
      reason: 'Deferred',
      message: "Node didn't have enough resource: cpu, requested: 2000, used: 3000, capacity: 4000",
    });
    await bench.assign(deleted(other, 0));
    await bench.advance(10_000);
    expect(shown()).toEqual({ cpu: '2', memory: '64Mi' });
    expect(condition()).toBeUndefined();
  });

  it('says why it cannot have less, and tries again until it can', async () => {
    await bench.sync(asking('100m', '128Mi'));
    const id = bench.idOf('app');
    bench.runtime.setStats(id, { cpuNanoseconds: 0, memoryBytes: 100 * 2 ** 20 });
    await bench.assign(asking('100m', '64Mi'));
    expect(condition()).toMatchObject({
      type: 'PodResizeInProgress',
      reason: 'Error',
      message: 'write memory.limit_in_bytes: device or resource busy',
    });
    bench.runtime.setStats(id, { cpuNanoseconds: 0, memoryBytes: 1 });
    await bench.advance(60_000);
    expect(shown()).toEqual({ cpu: '100m', memory: '64Mi' });
    expect(condition()).toBeUndefined();
  });
});
