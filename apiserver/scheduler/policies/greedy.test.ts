import fc from 'fast-check';
import type { NodeTraits, PodTraits } from '../../../shared/testing/builders';
import { aNode, aPod } from '../../../shared/testing/builders';
import { ClusterState } from '../cluster-state';
import { greedy } from './greedy';

function place(nodes: readonly NodeTraits[], batch: readonly PodTraits[]) {
  const state = new ClusterState();
  for (const node of nodes) state.setNode(aNode(node));
  const decisions = greedy.place(batch.map(aPod), state);
  return {
    state,
    decisions,
    placed: Object.fromEntries(decisions.map(({ pod, nodeName }) => [pod.metadata.name, nodeName])),
  };
}

it('takes the pod with the biggest dominant share first, whatever resource that is', () => {
  const { decisions } = place(
    [{ cpu: '10', memory: '10Gi' }],
    [
      { name: 'small', cpu: '1', memory: '1Gi' },
      { name: 'memory-heavy', cpu: '1', memory: '5Gi' },
      { name: 'cpu-heavy', cpu: '4', memory: '1Gi' },
    ],
  );
  expect(decisions.map(({ pod }) => pod.metadata.name)).toEqual(['memory-heavy', 'cpu-heavy', 'small']);
});

it('takes the higher priority first among equals', () => {
  const { decisions } = place(
    [{}],
    [
      { name: 'low', cpu: '1', priority: 1 },
      { name: 'high', cpu: '1', priority: 2 },
    ],
  );
  expect(decisions.map(({ pod }) => pod.metadata.name)).toEqual(['high', 'low']);
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

it('spreads over the nodes by what is left on them', () => {
  const { placed } = place(
    [
      { name: 'n1', cpu: '4' },
      { name: 'n2', cpu: '4' },
    ],
    [
      { name: 'a', cpu: '1' },
      { name: 'b', cpu: '1' },
    ],
  );
  expect(new Set(Object.values(placed)).size).toBe(2);
});

it('spreads pods that ask for nothing as well', () => {
  const { placed } = place(
    [{ name: 'n1' }, { name: 'n2' }, { name: 'n3' }],
    [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
  );
  expect(new Set(Object.values(placed)).size).toBe(3);
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
      const { state, decisions } = place(
        nodes.map(({ cpu, memory }, index) => ({ name: `n${index}`, cpu: String(cpu), memory: `${memory}Gi` })),
        pods.map(({ cpu, memory, priority }, index) => ({
          name: `p${index}`,
          cpu: String(cpu),
          memory: `${memory}Gi`,
          priority,
        })),
      );
      for (const { requested, allocatable } of state.nodes()) {
        for (const [name, amount] of requested) expect(amount).toBeLessThanOrEqual(allocatable.get(name) ?? 0);
      }
      // Whoever stays pending would not fit even if everything of lower priority were not there.
      for (const { pod: pending } of decisions.filter(({ nodeName }) => nodeName === undefined)) {
        const better = decisions.filter(
          ({ pod: other, nodeName }) =>
            nodeName !== undefined && (other.spec.priority ?? 0) >= (pending.spec.priority ?? 0),
        );
        const alone = new ClusterState();
        for (const { node: each } of state.nodes()) alone.setNode(each);
        for (const { pod: other, nodeName } of better) alone.assume(other, nodeName ?? '');
        expect(greedy.place([pending], alone)[0]?.nodeName).toBeUndefined();
      }
    }),
    { numRuns: 300 },
  );
});
