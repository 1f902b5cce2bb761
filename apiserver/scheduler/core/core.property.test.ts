import type { Pod } from '../../../shared/api/objects';
import { seededRandom } from '../../../shared/random';
import { constraints } from './constraints/constraints';
import { Cluster } from './model/cluster';
import type { PodClass, PodExtras } from './model/pod-class';
import { Placer } from './placing/placer';
import { DemandProfile } from './scores/demand-profile';
import { DensityScorer } from './scores/density';
import { RandomWorld } from './testing/random-world';
import { Reference } from './testing/reference';

const SEED = 20_260_101;
/** By default as many as take seconds; `SCHEDULER_WORLDS=20000 SCHEDULER_STEPS=60` looks for longer. */
const WORLDS = Number(process.env['SCHEDULER_WORLDS'] ?? 100);
const STEPS = Number(process.env['SCHEDULER_STEPS'] ?? 30);

/** One world lived through step by step, in the core and in the reference at once. */
function live(seed: number): { readonly placed: number; readonly refused: number } {
  const world = new RandomWorld(seededRandom(seed));
  const cluster = new Cluster();
  const reference = new Reference();
  const scorer = new DensityScorer(cluster);
  const placer = new Placer(cluster, scorer);
  const profile = new DemandProfile();
  const sources = new Map<PodClass, { pod: Pod; extras: PodExtras }>();
  const slots: number[] = [];
  let refused = 0;
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
    () => {
      const index = world.below(slots.length);
      const [slot] = slots.splice(index, 1);
      if (slot !== undefined) cluster.remove(slot);
      reference.placed.splice(index, 1);
    },
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
    scorer.observe(podClass);
    profile.observe(podClass);
    reference.typical = profile.typical.map(({ podClass: typical, share }) => ({
      ...(sources.get(typical) ?? source),
      share,
    }));

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
      refused += 1;
      continue;
    }
    slots.push(cluster.place(podClass, node));
    reference.place(source.pod, cluster.nodes.nameOf(node));
  }
  return { placed: slots.length, refused };
}

it(
  `decides as a slow and obvious scheduler does, whatever the cluster and the pods (seed ${SEED})`,
  () => {
    let [placed, refused] = [0, 0];
    for (let world = 0; world < WORLDS; world++) {
      try {
        const outcome = live(SEED + world);
        placed += outcome.placed;
        refused += outcome.refused;
      } catch (error) {
        throw new Error(`in the world of seed ${SEED + world}`, { cause: error });
      }
    }
    // Both outcomes come up often, so that neither is agreed on by default.
    expect(placed).toBeGreaterThan(WORLDS * 5);
    expect(refused).toBeGreaterThan(WORLDS * 2);
  },
  3_000 * WORLDS,
);
