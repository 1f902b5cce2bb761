import { seededRandom } from '../../../../shared/random';
import { aNode, aPod } from '../../../../shared/testing/builders';
import { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { fair, WEIGHT_LABEL } from './fair';

const SEED = 20_260_101;

function countPlaced(cluster: Cluster, batch: readonly PodClass[]): Record<string, number> {
  const { nodes } = fair.create(cluster).place(batch);
  const counts: Record<string, number> = {};
  for (const [index, { namespace }] of batch.entries()) {
    if ((nodes[index] ?? -1) >= 0) counts[namespace] = (counts[namespace] ?? 0) + 1;
  }
  return counts;
}

function users(cluster: Cluster, demands: Readonly<Record<string, readonly [cpu: number, gib: number]>>, each: number) {
  const classes = Object.entries(demands).map(([namespace, [cpu, gib]]) =>
    cluster.classOf(aPod({ namespace, cpu: String(cpu), memory: `${gib}Gi` })),
  );
  return Array.from({ length: each }, () => classes).flat();
}

it("shares as the paper's example says: three pods of one user, two of the other", () => {
  const cluster = new Cluster();
  cluster.setNode(aNode({ cpu: '9', memory: '18Gi' }));
  expect(countPlaced(cluster, users(cluster, { a: [1, 4], b: [3, 1] }, 10))).toEqual({ a: 3, b: 2 });
});

it('gives a namespace of twice the weight twice the share', () => {
  const cluster = new Cluster();
  cluster.setNode(aNode({ cpu: '9', memory: '64Gi' }));
  cluster.setNamespace('heavy', { [WEIGHT_LABEL]: '2' });
  expect(countPlaced(cluster, users(cluster, { heavy: [1, 1], light: [1, 1] }, 20))).toEqual({ heavy: 6, light: 3 });
});

it('counts what a namespace has already', () => {
  const cluster = new Cluster();
  const node = cluster.setNode(aNode({ cpu: '8', memory: '64Gi' }));
  const [rich] = users(cluster, { rich: [4, 1] }, 1);
  if (rich !== undefined) cluster.place(rich, node);
  expect(countPlaced(cluster, users(cluster, { rich: [1, 1], poor: [1, 1] }, 10))).toEqual({ poor: 4 });
});

it('lets priority go before fairness', () => {
  const cluster = new Cluster();
  const node = cluster.setNode(aNode({ cpu: '4', memory: '64Gi' }));
  const low = cluster.classOf(aPod({ namespace: 'poor', cpu: '1' }));
  const high = cluster.classOf(aPod({ namespace: 'rich', cpu: '1', priority: 10 }));
  cluster.place(high, node);
  const { nodes } = fair.create(cluster).place([low, low, low, high, high, high]);
  expect([...nodes].map((each) => each >= 0)).toEqual([false, false, false, true, true, true]);
});

it(`fills as exact progressive filling does, whatever a hundred users ask for (seed ${SEED})`, () => {
  const { next } = seededRandom(SEED);
  const cluster = new Cluster();
  const [cores, gib] = [400, 1_600];
  cluster.setNode(aNode({ cpu: String(cores), memory: `${gib}Gi`, pods: '100000' }));
  const demands = Object.fromEntries(
    Array.from({ length: 100 }, (_, user) => [
      `user-${String(user).padStart(3, '0')}`,
      [1 + Math.floor(next() * 4), 1 + Math.floor(next() * 16)] as const,
    ]),
  );
  const counts = countPlaced(cluster, users(cluster, demands, 60));

  const exact: Record<string, number> = {};
  const left = [cores, gib];
  const active = new Set(Object.keys(demands));
  while (active.size > 0) {
    const shareOf = (user: string): number => {
      const [cpu, memory] = demands[user] ?? [0, 0];
      return (exact[user] ?? 0) * Math.max(cpu / cores, memory / gib);
    };
    const [poorest = ''] = [...active].sort((a, b) => shareOf(a) - shareOf(b) || (a < b ? -1 : 1));
    const [cpu, memory] = demands[poorest] ?? [0, 0];
    if (cpu > (left[0] ?? 0) || memory > (left[1] ?? 0)) {
      active.delete(poorest);
      continue;
    }
    left[0] = (left[0] ?? 0) - cpu;
    left[1] = (left[1] ?? 0) - memory;
    exact[poorest] = (exact[poorest] ?? 0) + 1;
  }
  for (const user of Object.keys(demands)) {
    expect(Math.abs((counts[user] ?? 0) - (exact[user] ?? 0))).toBeLessThanOrEqual(1);
  }
});
