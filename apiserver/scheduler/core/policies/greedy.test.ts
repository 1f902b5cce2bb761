import fc from 'fast-check';
import type { NodeTraits, PodTraits } from '../../../../shared/testing/builders';
import { aNode, aPod } from '../../../../shared/testing/builders';
import { Cluster } from '../model/cluster';
import { greedy } from './greedy';
import type { BatchOptions } from './policy';

function place(nodes: readonly NodeTraits[], batch: readonly PodTraits[], options: BatchOptions = {}) {
  const cluster = new Cluster();
  for (const node of nodes) cluster.setNode(aNode(node));
  const placements = greedy.create(cluster).place(
    batch.map((traits) => cluster.classOf(aPod(traits))),
    options,
  );
  const nodeOf = (index: number): string | undefined => {
    const node = placements.nodes[index] ?? -1;
    return node < 0 ? undefined : cluster.nodes.nameOf(node);
  };
  return { cluster, nodeOf, placed: Object.fromEntries(batch.map(({ name }, index) => [name, nodeOf(index)])) };
}

it('takes the pod with the biggest dominant share first, whatever resource that is', () => {
  const { placed } = place(
    [{ cpu: '10', memory: '10Gi' }],
    [
      { name: 'small', cpu: '4', memory: '4Gi' },
      { name: 'memory-heavy', cpu: '1', memory: '7Gi' },
      { name: 'cpu-heavy', cpu: '6', memory: '1Gi' },
    ],
  );
  expect(placed).toEqual({ 'memory-heavy': 'n1', 'cpu-heavy': 'n1', small: undefined });
});

it('takes the higher priority first among equals', () => {
  const { placed } = place(
    [{ cpu: '1' }],
    [
      { name: 'low', cpu: '1', priority: 1 },
      { name: 'high', cpu: '1', priority: 2 },
    ],
  );
  expect(placed).toEqual({ high: 'n1', low: undefined });
});

it('never leaves a small pod of high priority pending because of a big one of low priority', () => {
  const { placed } = place(
    [{ cpu: '4' }],
    [
      { name: 'big-low', cpu: '4', priority: 0 },
      { name: 'small-high', cpu: '1', priority: 100 },
    ],
  );
  expect(placed).toEqual({ 'small-high': 'n1', 'big-low': undefined });
});

it('lets a small pod that was refused for long go before bigger newcomers', () => {
  const { placed } = place(
    [{ cpu: '4' }],
    [
      { name: 'newcomer', cpu: '4' },
      { name: 'old', cpu: '1' },
    ],
    { refusals: [0, 3] },
  );
  expect(placed).toEqual({ old: 'n1', newcomer: undefined });
});

it('keeps nodes free while others have room in proportion', () => {
  const { placed } = place(
    [
      { name: 'n1', cpu: '16', memory: '32Gi' },
      { name: 'n2', cpu: '16', memory: '32Gi' },
    ],
    [
      { name: 'a', cpu: '1', memory: '2Gi' },
      { name: 'b', cpu: '1', memory: '2Gi' },
    ],
  );
  expect(new Set(Object.values(placed)).size).toBe(1);
});

it('puts what is heavy on memory beside what is heavy on processors', () => {
  const cluster = new Cluster();
  const [n1, n2] = ['n1', 'n2'].map((name) => cluster.setNode(aNode({ name, cpu: '16', memory: '32Gi' })));
  const classOf = (cpu: string, memory: string) => cluster.classOf(aPod({ cpu, memory }));
  cluster.place(classOf('8', '1Gi'), n1 ?? -1);
  cluster.place(classOf('1', '16Gi'), n2 ?? -1);
  const { nodes } = greedy.create(cluster).place([classOf('1', '7Gi')]);
  expect(nodes[0]).toBe(n1);
});

it('spreads the pods of one ReplicaSet over the nodes', () => {
  const cluster = new Cluster();
  for (const name of ['n1', 'n2', 'n3']) cluster.setNode(aNode({ name }));
  const pod = aPod({ cpu: '100m', memory: '64Mi' });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs', controller: true };
  const podClass = cluster.classOf({ ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
  const { nodes } = greedy.create(cluster).place([podClass, podClass, podClass]);
  expect(new Set(nodes).size).toBe(3);
});

it('shares a device that is in use rather than breaking another', () => {
  const cluster = new Cluster();
  const gpus = { resources: { 'example.com/gpu': '2' } };
  for (const name of ['n1', 'n2']) cluster.setNode(aNode({ name, ...gpus }));
  const share = cluster.classOf(aPod({ cpu: '100m', requests: { 'example.com/gpu-milli': '400' } }));
  const whole = cluster.classOf(aPod({ cpu: '100m', requests: { 'example.com/gpu': '2' } }));
  const policy = greedy.create(cluster);
  // Until it has seen some demand it cannot know what would be stranded.
  for (let round = 0; round < 10; round++) {
    for (const pod of policy.place([share, share, whole]).pods) if (pod >= 0) cluster.remove(pod);
  }
  const { nodes } = policy.place([share, share, whole]);
  expect(nodes[0]).toBe(nodes[1]);
  expect(nodes[2]).not.toBe(nodes[0]);
});

it('never overcommits a node and never inverts priority, whatever comes', () => {
  const node = fc.record({ cpu: fc.integer({ min: 1, max: 8 }), memory: fc.integer({ min: 1, max: 8 }) });
  const pod = fc.record({
    cpu: fc.integer({ min: 0, max: 6 }),
    memory: fc.integer({ min: 0, max: 6 }),
    priority: fc.integer({ min: 0, max: 3 }),
  });
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 4 }), fc.array(pod, { maxLength: 12 }), (nodes, pods) => {
      const nodeTraits = nodes.map(({ cpu, memory }, index) => ({
        name: `n${index}`,
        cpu: String(cpu),
        memory: `${memory}Gi`,
      }));
      const traits = pods.map(({ cpu, memory, priority }, index) => ({
        name: `p${index}`,
        cpu: String(cpu),
        memory: `${memory}Gi`,
        priority,
      }));
      const { cluster, nodeOf } = place(nodeTraits, traits);
      for (const [, slot] of cluster.nodes.names()) {
        for (const free of cluster.nodes.free) expect(free[slot]).toBeGreaterThanOrEqual(0);
      }
      // Whoever stays pending would not fit even if everything of lower priority were not there.
      for (const [index, pending] of traits.entries()) {
        if (nodeOf(index) !== undefined) continue;
        const alone = new Cluster();
        for (const each of nodeTraits) alone.setNode(aNode(each));
        for (const [other, each] of traits.entries()) {
          const target = alone.nodes.slotOf(nodeOf(other) ?? '');
          if (target !== undefined && each.priority >= pending.priority) alone.place(alone.classOf(aPod(each)), target);
        }
        expect(greedy.create(alone).place([alone.classOf(aPod(pending))]).nodes[0]).toBe(-1);
      }
    }),
    { numRuns: 300 },
  );
});
