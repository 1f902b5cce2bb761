import type { Pod } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import type { Bench } from './testing/agent-bench';
import { endBench, PLENTY, startBench } from './testing/agent-bench';

let bench: Bench;

beforeEach(async () => {
  bench = await startBench();
});

afterEach(() => endBench(bench));

describe('a node that runs short of memory', () => {
  const isShort = { ...PLENTY, 'memory.available': { available: 50 * 2 ** 20, capacity: 2 ** 31 } };
  const condition = async (type: string) =>
    (await bench.agent.heartbeat()).conditions.find((each) => each.type === type)?.status;
  const runAll = async (...pods: Pod[]): Promise<void> => {
    await bench.sync(...pods);
    for (const { observed } of bench.runtime.engine.containers.values())
      bench.runtime.setStats(observed.id, { cpuNanoseconds: 0, memoryBytes: 120 * 2 ** 20 });
    bench.supplies = isShort;
  };

  it('says so, and evicts one pod after the other: first those that use more than they asked for', async () => {
    await runAll(aPod({ name: 'within', memory: '1Gi' }), aPod({ name: 'above', memory: '64Mi' }), aPod());
    expect(await condition('MemoryPressure')).toBe('False');
    await bench.advance(10_000);
    expect(await condition('MemoryPressure')).toBe('True');
    expect(bench.session.status('web')).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message:
        'The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. ' +
        'Container app was using 120Mi, request is 0, has larger consumption of memory. ',
    });
    expect(bench.session.said()).toContain('EvictionThresholdMet Attempting to reclaim memory');
    expect(bench.running()).toHaveLength(2);
    await bench.advance(10_000);
    expect(bench.session.status('above').reason).toBe('Evicted');
    await bench.advance(10_000);
    expect(bench.session.status('within').reason).toBe('Evicted');
  });

  it('evicts no more once there is enough, and calls itself short for five minutes more', async () => {
    await runAll(aPod(), aPod({ name: 'other' }));
    await bench.advance(10_000);
    bench.supplies = PLENTY;
    await bench.advance(290_000);
    expect(bench.running()).toHaveLength(1);
    expect(await condition('MemoryPressure')).toBe('True');
    await bench.advance(20_000);
    expect(await condition('MemoryPressure')).toBe('False');
  });

  it('waits for the evicted pod to be gone before it takes another', async () => {
    bench.runtime.takes('stopContainer', 25_000);
    await runAll(aPod(), aPod({ name: 'other' }));
    await bench.advance(30_000);
    expect(bench.session.said().filter((words) => words.startsWith('Evicted'))).toHaveLength(1);
    await bench.advance(10_000);
    expect(bench.session.said().filter((words) => words.startsWith('Evicted'))).toHaveLength(2);
  });

  it('takes no new pod that does not say how much it needs', async () => {
    await runAll(aPod());
    await bench.advance(10_000);
    await bench.assign(aPod({ name: 'new' }));
    expect(bench.session.status('new')).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Pod was rejected: The node was low on resource: [MemoryPressure]. ',
    });
    await bench.assign(aPod({ name: 'modest', memory: '64Mi' }));
    expect(bench.session.status('modest').phase).toBe('Running');
  });

  it('leaves pods alone that keep the cluster going', async () => {
    await runAll(aPod({ priority: 2_000_001_000 }));
    await bench.advance(60_000);
    expect(bench.running()).toEqual(['app/0']);
  });

  it('still calls a pod evicted after a restart', async () => {
    await runAll(aPod());
    await bench.advance(10_000);
    await bench.agent.stop();
    await bench.boot();
    await bench.sync(aPod());
    expect(bench.session.status('web').reason).toBe('Evicted');
    expect(bench.running()).toEqual([]);
  });
});
