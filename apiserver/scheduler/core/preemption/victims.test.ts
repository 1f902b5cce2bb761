import type { PodTraits } from '../../../../shared/testing/builders';
import { aNode, aPod } from '../../../../shared/testing/builders';
import { Cluster } from '../model/cluster';
import type { Budget } from './victims';
import { PreemptionFinder } from './victims';

/** Nodes of 4 CPU with these pods on them; the names of the victims that the pod would make, with their node. */
function preempt(
  pod: PodTraits,
  nodes: Readonly<Record<string, readonly PodTraits[]>>,
  budgets: Readonly<Record<string, Budget>> = {},
) {
  const cluster = new Cluster();
  const names = new Map<number, string>();
  for (const [name, pods] of Object.entries(nodes)) {
    const node = cluster.setNode(aNode({ name }));
    for (const traits of pods) names.set(cluster.place(cluster.classOf(aPod(traits)), node), traits.name ?? '');
  }
  const before = cluster.nodes.free.map((column) => [...column]);
  const found = new PreemptionFinder(cluster).find(cluster.classOf(aPod(pod)), {
    budgetsOf: (slot) => {
      const budget = budgets[names.get(slot) ?? ''];
      return budget === undefined ? [] : [budget];
    },
    startedAt: (slot) => [...names.keys()].indexOf(slot),
  });
  expect(cluster.nodes.free.map((column) => [...column])).toEqual(before);
  if (found === undefined) return undefined;
  return {
    node: cluster.nodes.nameOf(found.node),
    victims: found.victims.map((slot) => names.get(slot)).sort(),
    violations: found.violations,
  };
}

const important = { name: 'important', cpu: '2', priority: 10 };

it('evicts nobody of its own priority or higher', () => {
  expect(preempt(important, { n1: [{ name: 'a', cpu: '4', priority: 10 }] })).toBeUndefined();
});

it('evicts only as many as it must, the least important ones', () => {
  const pods = [
    { name: 'low', cpu: '2', priority: 0 },
    { name: 'middle', cpu: '2', priority: 5 },
  ];
  expect(preempt(important, { n1: pods })).toEqual({ node: 'n1', victims: ['low'], violations: 0 });
});

it('goes where the most important victim matters least', () => {
  expect(
    preempt(important, {
      n1: [{ name: 'middle', cpu: '4', priority: 5 }],
      n2: [{ name: 'low', cpu: '4', priority: 1 }],
    }),
  ).toMatchObject({ node: 'n2', victims: ['low'] });
});

it('spares those whose budget allows no disruption where another node will do', () => {
  const nodes = {
    n1: [{ name: 'guarded', cpu: '4', priority: 0 }],
    n2: [{ name: 'free', cpu: '4', priority: 5 }],
  };
  expect(preempt(important, nodes, { guarded: { allowed: 0 } })).toEqual({
    node: 'n2',
    victims: ['free'],
    violations: 0,
  });
  expect(preempt(important, { n1: nodes.n1 }, { guarded: { allowed: 0 } })).toMatchObject({ violations: 1 });
});

it('evicts those that started last, of equals', () => {
  const pods = ['oldest', 'older', 'newest'].map((name) => ({ name, cpu: '1300m', priority: 0 }));
  expect(preempt({ ...important, cpu: '1' }, { n1: pods })).toMatchObject({ victims: ['newest'] });
});

it('evicts who keeps it away by anti-affinity', () => {
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'noisy' } } };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  expect(
    preempt(
      { ...important, spec: { affinity } },
      { n1: [{ name: 'noisy', labels: { app: 'noisy' } }, { name: 'quiet' }] },
    ),
  ).toMatchObject({ victims: ['noisy'] });
});

it('does not evict anybody for a node that it may not use anyway', () => {
  expect(
    preempt({ ...important, spec: { nodeSelector: { disk: 'ssd' } } }, { n1: [{ name: 'a', cpu: '4' }] }),
  ).toBeUndefined();
});

it('looks at every node before it gives up, or breaks a budget', () => {
  const pods = Array.from({ length: 30 }, (_, index) => ({ name: `guarded-${index}`, cpu: '4', priority: 0 }));
  const nodes = Object.fromEntries(pods.map((pod, index) => [`n${index}`, [pod]]));
  const budgets = Object.fromEntries(pods.map(({ name }) => [name, { allowed: 0 }]));
  const last = { last: [{ name: 'free', cpu: '4', priority: 5 }] };
  expect(preempt(important, { ...nodes, ...last }, budgets)).toEqual({
    node: 'last',
    victims: ['free'],
    violations: 0,
  });
  const term = { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'noisy' } } };
  const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
  const noisy = { name: 'noisy', labels: { app: 'noisy' }, priority: 10 };
  const shared = pods.map((pod, index) => [`n${index}`, [{ ...pod, cpu: '3' }, noisy]] as const);
  expect(preempt({ ...important, spec: { affinity } }, { ...Object.fromEntries(shared), ...last })).toMatchObject({
    node: 'last',
    victims: ['free'],
  });
});

it('rather evicts fewer pods than such that matter less, as kube-scheduler does', () => {
  const several = ['a', 'b'].map((name) => ({ name, cpu: '2', priority: -5 }));
  const nodes = {
    n1: [{ name: 'one', cpu: '2', priority: 5 }, ...several.slice(0, 1)],
    n2: [{ name: 'other', cpu: '1', priority: 5 }, { name: 'c', cpu: '1', priority: -5 }, ...several.slice(0, 1)],
  };
  expect(preempt({ ...important, cpu: '4' }, nodes)).toMatchObject({ node: 'n1' });
});
