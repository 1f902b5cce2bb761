import type { Pod } from '../../../shared/api/objects';
import { seededRandom } from '../../../shared/random';
import { constraints } from './constraints/constraints';
import { Cluster } from './model/cluster';
import type { PodExtras } from './model/node-demand';
import type { PodClass } from './model/pod-class';
import { GreedyPolicy } from './policies/greedy';
import { placeWhole } from './policies/gang';
import { PreemptionFinder } from './preemption/victims';
import { Placer } from './placing/placer';
import { DemandProfile } from './scores/demand-profile';
import { DensityScorer } from './scores/density';
import { RandomWorld } from './testing/random-world';
import { Reference } from './testing/reference';

const SEED = 20_260_101;
/** By default as many as take seconds; `SCHEDULER_WORLDS=20000 SCHEDULER_STEPS=60` looks for longer. */
const WORLDS = Number(process.env['SCHEDULER_WORLDS'] ?? 100);
const STEPS = Number(process.env['SCHEDULER_STEPS'] ?? 30);

interface Outcome {
  placed: number;
  refused: number;
  /** Pods that others were evicted for, and gangs that stand or were refused. */
  preempted: number;
  gangs: number;
  brokenGangs: number;
}

/** One world lived through step by step, in the core and in the reference at once. */
function live(seed: number): Outcome {
  const world = new RandomWorld(seededRandom(seed));
  const cluster = new Cluster();
  const reference = new Reference();
  const scorer = new DensityScorer(cluster);
  const placer = new Placer(cluster, scorer);
  const profile = new DemandProfile();
  const sources = new Map<PodClass, { pod: Pod; extras: PodExtras }>();
  const slots: number[] = [];
  const outcome: Outcome = { placed: 0, refused: 0, preempted: 0, gangs: 0, brokenGangs: 0 };
  const policy = new GreedyPolicy('greedy', cluster, scorer);
  const finder = new PreemptionFinder(cluster);
  const budgets = new Map(['web', 'db'].map((app) => [app, { allowed: world.below(3) }]));
  const budgetOf = (pod: Pod) => budgets.get(pod.metadata.labels?.['app'] ?? '');
  /** Forgets a pod in both. */
  const remove = (index: number): void => {
    const [slot] = slots.splice(index, 1);
    if (slot !== undefined) cluster.remove(slot);
    reference.placed.splice(index, 1);
  };
  const setNode = (name: string): void => {
    const node = world.node(name);
    cluster.setNode(node);
    reference.nodes.set(name, node);
  };
  for (let index = 0; index < 2 + world.below(7); index++) setNode(`n${index}`);
  for (const [namespace, labels] of [
    ['default', {}],
    ['other', { env: 'prod' }],
  ] as const) {
    cluster.setNamespace(namespace, labels);
    reference.namespaces.set(namespace, labels);
  }
  const dice = [
    () => cluster.collect(),
    () => setNode(`n${world.below(9)}`),
    () => remove(world.below(slots.length)),
    () => {
      const index = world.below(slots.length);
      const [slot, placed] = [slots[index], reference.placed[index]];
      if (slot === undefined || placed === undefined) return;
      cluster.setDying(slot);
      placed.isDying = true;
    },
    () => {
      const labels = world.chance(0.5) ? { env: 'prod' } : {};
      cluster.setNamespace('other', labels);
      reference.namespaces.set('other', labels);
    },
    () => {
      const name = world.pick([...reference.nodes.keys()]);
      const load = { cpu: world.pick([0, 0.6, 1]), memory: world.pick([0, 0.6, 0.8, 0.97]) };
      cluster.setLoad(cluster.nodes.slotOf(name) ?? 0, load);
      reference.load.set(name, load);
    },
    () => {
      const name = world.pick([...reference.nodes.keys()]);
      if (reference.nodes.size < 2 || reference.placed.some(({ node }) => node === name)) return;
      reference.load.delete(name);
      cluster.removeNode(cluster.nodes.slotOf(name) ?? 0);
      reference.nodes.delete(name);
    },
  ];
  const known: { pod: Pod; extras: PodExtras }[] = [];
  for (let step = 0; step < STEPS; step++) {
    if (world.chance(0.3)) world.pick(dice)();
    // Half of the pods are like one that came before, so that what is remembered about a class is used again.
    const source =
      known.length > 0 && world.chance(0.5) ? world.pick(known) : { pod: world.pod(), extras: world.extras() };
    known.push(source);
    const podClass = cluster.classOf(source.pod, source.extras);
    sources.set(podClass, source);
    const learn = (count: number): void => {
      for (let each = 0; each < count; each++) profile.observe(podClass);
      reference.typical = profile.typical.map(({ podClass: typical, share }) => ({
        ...(sources.get(typical) ?? source),
        share,
      }));
    };
    if (world.chance(0.15)) {
      const size = 2 + world.below(3);
      learn(size);
      const members = Array.from({ length: size }, () => podClass);
      const expected = placeGang(reference, source, size);
      const { placements } = placeWhole(cluster, policy, { members, explain: () => undefined });
      expect(
        placements === undefined ? undefined : [...placements.nodes].map((node) => cluster.nodes.nameOf(node)),
      ).toEqual(expected);
      slots.push(...(placements?.pods ?? []));
      outcome[placements === undefined ? 'brokenGangs' : 'gangs'] += 1;
      continue;
    }
    learn(1);
    scorer.observe(podClass);

    const expected = reference.decide(source.pod, source.extras);
    const node = placer.best(podClass);
    const two = placer.compare(podClass);
    expect(two?.winner.node ?? -1).toBe(node);
    const second = [...expected.costs].filter(([name]) => name !== expected.node).map(([, cost]) => cost);
    expect(two?.runnerUp?.cost).toBe(second.length === 0 ? undefined : Math.min(...second));
    expect(node < 0 ? undefined : cluster.nodes.nameOf(node)).toBe(expected.node);
    // What explanations say agrees with what was decided.
    for (const [name, slot] of cluster.nodes.names()) {
      const isAllowed = constraints.every((each) => !each.concerns(podClass) || each.allows(podClass, slot, cluster));
      expect([name, isAllowed ? placer.score(podClass, slot).cost : undefined]).toEqual([
        name,
        expected.costs.get(name),
      ]);
    }
    if (node < 0) {
      outcome.refused += 1;
      const found = finder.find(podClass, {
        budgetsOf: (slot) => [budgetOf(reference.placed[slots.indexOf(slot)]?.pod ?? source.pod) ?? []].flat(),
        startedAt: (slot) => slots.indexOf(slot),
        isProtected: (slot) => cluster.pods.isDying(slot),
      });
      const evictions = reference.preempt(source.pod, source.extras, budgetOf);
      const best = evictions.filter(({ rank }) => String(rank) === String(evictions[0]?.rank));
      if (found === undefined) {
        expect(evictions).toEqual([]);
        continue;
      }
      const victims = found.victims.map((slot) => slots.indexOf(slot)).sort((a, b) => b - a);
      expect(
        best.map((each) => [
          each.node,
          [...each.victims].map((each) => reference.placed.indexOf(each)).sort((a, b) => b - a),
        ]),
      ).toContainEqual([cluster.nodes.nameOf(found.node), victims]);
      outcome.preempted += 1;
      if (world.chance(0.5)) continue;
      for (const index of victims) remove(index);
      slots.push(cluster.place(podClass, found.node));
      reference.place(source.pod, cluster.nodes.nameOf(found.node));
      continue;
    }
    slots.push(cluster.place(podClass, node));
    reference.place(source.pod, cluster.nodes.nameOf(node));
  }
  outcome.placed = slots.length;
  return outcome;
}

/** Where a gang's pods go, one after the other; undefined, and nothing placed: not all of them do. */
function placeGang(
  reference: Reference,
  { pod, extras }: { readonly pod: Pod; readonly extras: PodExtras },
  size: number,
): string[] | undefined {
  const before = reference.placed.length;
  const nodes: string[] = [];
  for (let member = 0; member < size; member++) {
    const { node } = reference.decide(pod, extras);
    if (node === undefined) {
      reference.placed.splice(before);
      return undefined;
    }
    reference.place(pod, node);
    nodes.push(node);
  }
  return nodes;
}

it(
  `decides as a slow and obvious scheduler does, whatever the cluster and the pods (seed ${SEED})`,
  () => {
    const sums: Outcome = { placed: 0, refused: 0, preempted: 0, gangs: 0, brokenGangs: 0 };
    for (let world = 0; world < WORLDS; world++) {
      try {
        const outcome = live(SEED + world);
        for (const name of Object.keys(sums) as (keyof Outcome)[]) sums[name] += outcome[name];
      } catch (error) {
        throw new Error(`in the world of seed ${SEED + world}`, { cause: error });
      }
    }
    // Each outcome comes up often, so that none is agreed on by default.
    expect(sums.placed).toBeGreaterThan(WORLDS * 5);
    expect(sums.refused).toBeGreaterThan(WORLDS * 2);
    expect(sums.preempted).toBeGreaterThan(WORLDS / 4);
    expect(sums.gangs).toBeGreaterThan(WORLDS);
    expect(sums.brokenGangs).toBeGreaterThan(WORLDS / 4);
  },
  3_000 * WORLDS,
);
