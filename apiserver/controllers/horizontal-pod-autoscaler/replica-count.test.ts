import type { Pod } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { aPod } from '../../../shared/testing/builders';
import type { PodUsage } from '../../../shared/wire/node-channel';
import type { ResourceMetric } from './replica-count';
import { replicasFor } from './replica-count';

const NOW = Date.UTC(2026, 0, 1);
const cpu = (utilization: number): ResourceMetric => ({ resource: 'cpu', target: { utilization } });

interface Traits {
  /** Absent: its node does not answer. */
  readonly uses?: number;
  readonly phase?: string;
  readonly ageSeconds?: number;
  readonly ready?: boolean;
  /** Since when it is ready or not. */
  readonly readySinceSeconds?: number;
  readonly requests?: Readonly<Record<string, string>>;
  readonly isGoing?: boolean;
}

/** Pods that request 100m and 100Mi, and what they use. */
function seen(replicas: number, ...all: readonly Traits[]) {
  const usages = new Map<string, PodUsage>();
  const pods = all.map((traits, index): Pod => {
    const { uses, phase = 'Running', ageSeconds = 3_600, ready = true, readySinceSeconds = 3_000 } = traits;
    const name = `web-${index}`;
    const pod = aPod({ name, phase, requests: traits.requests ?? { cpu: '100m', memory: '100Mi' } });
    if (uses !== undefined) {
      const containers = [
        { name: 'app', cpuMilli: uses, memoryBytes: uses * 1024 * 1024 },
        { name: 'side', cpuMilli: 0, memoryBytes: 0 },
      ];
      usages.set(pod.metadata.uid, { uid: pod.metadata.uid, namespace: 'default', name, containers });
    }
    const since = toTimestamp(NOW - readySinceSeconds * 1_000);
    return {
      ...pod,
      metadata: { ...pod.metadata, ...(traits.isGoing === true ? { deletionTimestamp: since } : {}) },
      status: {
        phase,
        startTime: toTimestamp(NOW - ageSeconds * 1_000),
        conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: since }],
      },
    };
  });
  return { pods, usages, replicas, nowMs: NOW };
}
const many = (count: number, traits: Traits): Traits[] => Array.from({ length: count }, () => traits);

it.each<[string, number, ReturnType<typeof seen>, number]>([
  ['more where more is used', 50, seen(2, ...many(2, { uses: 90 })), 4],
  ['fewer where less is used', 50, seen(4, ...many(4, { uses: 20 })), 2],
  ['as many where the difference is small', 50, seen(3, ...many(3, { uses: 54 })), 3],
  ['as many just within the tolerance', 50, seen(10, ...many(10, { uses: 55 })), 10],
  ['more just outside of it', 50, seen(10, ...many(10, { uses: 56 })), 12],
  ['none too many for pods that go', 50, seen(3, ...many(2, { uses: 50 }), { uses: 500, isGoing: true }), 3],
  ['without those that failed', 50, seen(3, ...many(3, { uses: 100 }), { phase: 'Failed' }), 6],
  ['fewer than asked while a pod is pending', 50, seen(3, ...many(2, { uses: 100 }), { phase: 'Pending' }), 4],
  ['fewer than asked while a pod says nothing', 50, seen(3, ...many(2, { uses: 100 }), {}), 4],
  ['as many where a silent pod could need its request', 50, seen(3, ...many(2, { uses: 40 }), {}), 3],
  ['fewer even if a silent pod needs its request', 50, seen(10, ...many(9, { uses: 10 }), {}), 4],
  ['as many where a pending pod will do', 50, seen(11, ...many(10, { uses: 60 }), { phase: 'Pending' }), 11],
  ['no more in a rollout than there should be where less is used', 50, seen(2, ...many(3, { uses: 20 }), {}), 2],
  [
    'without the CPU of a pod that starts',
    50,
    seen(2, { uses: 60 }, { uses: 900, ageSeconds: 10, ready: false, readySinceSeconds: 10 }),
    2,
  ],
  [
    'without the CPU of a pod that was not there at the look before',
    50,
    seen(2, { uses: 46 }, { uses: 0, ageSeconds: 12, readySinceSeconds: 10 }),
    2,
  ],
  [
    'with the CPU of a young pod that was',
    50,
    seen(2, { uses: 60 }, { uses: 180, ageSeconds: 40, readySinceSeconds: 30 }),
    5,
  ],
  [
    'with the CPU of a pod that was ready before',
    50,
    seen(2, { uses: 60 }, { uses: 140, ready: false, readySinceSeconds: 60 }),
    4,
  ],
])('wants %s', (_what, target, state, expected) => {
  expect(replicasFor(cpu(target), state).replicas).toBe(expected);
});

it('tells what it saw', () => {
  expect(replicasFor(cpu(50), seen(2, { uses: 30 }, { uses: 61 }))).toEqual({
    replicas: 2,
    averageMilli: 45,
    utilization: 45,
  });
});

it('measures memory by an average, in bytes, of pods that start too', () => {
  const averageMilli = 50 * 1024 * 1024 * 1_000;
  const metric: ResourceMetric = { resource: 'memory', target: { averageMilli } };
  const state = seen(2, { uses: 100 }, { uses: 100, ageSeconds: 1, ready: false, readySinceSeconds: 1 });
  expect(replicasFor(metric, state)).toEqual({ replicas: 4, averageMilli: 2 * averageMilli });
});

it('counts one container alone', () => {
  expect(replicasFor({ ...cpu(50), container: 'app' }, seen(1, { uses: 200 })).replicas).toBe(4);
});

it.each<[string, ResourceMetric, ReturnType<typeof seen>]>([
  [
    'missing request for cpu in container app of Pod web-0',
    cpu(50),
    seen(1, { uses: 10, requests: { memory: '1Mi' } }),
  ],
  ['unable to get metrics for resource cpu: no metrics returned from resource metrics API', cpu(50), seen(1, {})],
  [
    'container none not present in metrics for pod default/web-0',
    { ...cpu(50), container: 'none' },
    seen(1, { uses: 10 }),
  ],
  [
    'did not receive metrics for targeted pods (pods might be unready)',
    cpu(50),
    seen(1, { uses: 10, ageSeconds: 1, ready: false }),
  ],
])('says why it cannot tell: %s', (message, metric, state) => {
  expect(() => replicasFor(metric, state)).toThrow(message);
});
