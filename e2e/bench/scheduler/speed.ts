import { Cluster } from '../../../apiserver/scheduler/core/model/cluster';
import type { PodClass } from '../../../apiserver/scheduler/core/model/pod-class';
import { Placer } from '../../../apiserver/scheduler/core/placing/placer';
import { byPriority, bySize, byWait, orderBy } from '../../../apiserver/scheduler/core/policies/batch-order';
import { greedyOnePass } from '../../../apiserver/scheduler/core/policies/greedy';
import { PreemptionFinder } from '../../../apiserver/scheduler/core/preemption/victims';
import { DensityScorer } from '../../../apiserver/scheduler/core/scores/density';
import type { Pod } from '../../../shared/api/objects';
import { seededRandom } from '../../../shared/random';
import { benchNode, benchPod } from './objects';
import type { Part } from './part';
import { recording } from './recording';
import type { Rates } from './stopwatch';
import { Stopwatch } from './stopwatch';
import type { Size } from './template-world';
import { filled } from './template-world';

/** A decision out of so many is made again by looking at every node. */
const CHECK_EVERY = 997;
const ROUNDS = 3;
const NOTHING = { perSecond: 0, perCpuSecond: 0, unplaced: 0 };

interface Outcome extends Rates {
  readonly unplaced: number;
  /** Decisions that a look at every node makes otherwise, of those checked; absent: none is checked. */
  readonly differences?: number;
}

/** All pods known at once: the policy orders them. Some decisions are made again afterwards, in the same order. */
function batch(size: Size): Outcome {
  const { cluster, shuffled: classes } = filled(size);
  const policy = greedyOnePass.create(cluster);
  const watch = new Stopwatch().go();
  const { nodes } = policy.place(classes);
  const rates = watch.rates(classes.length);
  const unplaced = nodes.filter((node) => node < 0).length;
  return { ...rates, unplaced, differences: differencesOf(size, nodes) };
}

function differencesOf(size: Size, nodes: Int32Array): number {
  const { cluster, shuffled: classes } = filled(size);
  const placer = new Placer(cluster, new DensityScorer(cluster));
  let differences = 0;
  for (const [at, index] of orderBy(classes, {}, byWait, bySize(cluster), byPriority).entries()) {
    const [podClass, node = -1] = [classes[index], nodes[index]];
    if (podClass === undefined) continue;
    if (at % CHECK_EVERY === 0 && placer.bestByScan(podClass) !== node) differences += 1;
    if (node >= 0) cluster.place(podClass, node);
  }
  return differences;
}

/** One pod after the other, in no order; some decisions are checked against a look at every node. */
function oneByOne(
  { cluster, arrivals }: { cluster: Cluster; arrivals: readonly PodClass[] },
  isChecked = true,
): Outcome {
  const scorer = new DensityScorer(cluster);
  const placer = new Placer(cluster, scorer);
  const fresh = new Placer(cluster, scorer);
  let [unplaced, differences] = [0, 0];
  const watch = new Stopwatch().go();
  for (const [index, podClass] of arrivals.entries()) {
    scorer.observe(podClass);
    const node = placer.best(podClass);
    if (isChecked && index % CHECK_EVERY === 0) {
      watch.pause();
      if (fresh.bestByScan(podClass) !== node) differences += 1;
      watch.go();
    }
    if (node < 0) unplaced += 1;
    else cluster.place(podClass, node);
  }
  return { ...watch.rates(arrivals.length), unplaced, differences };
}

const ZONES = ['a', 'b', 'c'];

/** scheduler_perf's node: 4 CPU, 32 GiB, 110 pods, in one of a few zones. */
function perfCluster(nodes: number): Cluster {
  const cluster = new Cluster();
  for (let index = 0; index < nodes; index++) {
    cluster.setNode(
      benchNode(
        `node-${index}`,
        { cpu: '4', memory: '32Gi', pods: '110' },
        { zone: ZONES[index % ZONES.length] ?? 'a' },
      ),
    );
  }
  return cluster;
}

const perfPod = (name: string, spec: Partial<Pod['spec']> = {}, labels: Record<string, string> = {}): Pod =>
  benchPod(name, { cpu: '100m', memory: '500Mi' }, { spec, labels });

const term = (topologyKey: string, colour: string) => ({ topologyKey, labelSelector: { matchLabels: { colour } } });
const GREEN = { colour: 'green' };

/** The shapes of kubernetes/kubernetes test/integration/scheduler_perf: what is placed before, and what is measured. */
const PERF: Readonly<Record<string, { readonly before: number; readonly pods: number; readonly pod: Pod }>> = {
  Basic: { before: 5_000, pods: 50_000, pod: perfPod('basic') },
  NodeAffinity: {
    before: 5_000,
    pods: 10_000,
    pod: perfPod('node-affinity', {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] }],
          },
        },
      },
    }),
  },
  PodAffinity: {
    before: 5_000,
    pods: 5_000,
    pod: perfPod(
      'pod-affinity',
      { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('zone', 'green')] } } },
      GREEN,
    ),
  },
  PodAntiAffinity: {
    before: 1_000,
    pods: 2_000,
    pod: perfPod(
      'pod-anti-affinity',
      {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [term('kubernetes.io/hostname', 'green')],
          },
        },
      },
      GREEN,
    ),
  },
  TopologySpreading: {
    before: 5_000,
    pods: 5_000,
    pod: perfPod(
      'spread',
      { topologySpreadConstraints: [{ ...term('zone', 'green'), maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }] },
      GREEN,
    ),
  },
};

function perf(name: string, nodes: number): Outcome {
  const shape = PERF[name];
  if (shape === undefined) throw new Error(`there is no shape ${name}`);
  const cluster = perfCluster(nodes);
  oneByOne(
    { cluster, arrivals: Array.from({ length: shape.before }, () => cluster.classOf(perfPod('before'))) },
    false,
  );
  return oneByOne({ cluster, arrivals: Array.from({ length: shape.pods }, () => cluster.classOf(shape.pod)) });
}

/** Nodes that pods of no priority fill; important ones evict them. */
function preemption(nodes: number): Outcome {
  const cluster = perfCluster(nodes);
  const low = cluster.classOf(benchPod('low', { cpu: '900m', memory: '500Mi' }, { spec: { priority: 0 } }));
  for (const [, node] of cluster.nodes.names()) for (let pod = 0; pod < 4; pod++) cluster.place(low, node);
  const high = cluster.classOf(benchPod('high', { cpu: '3', memory: '500Mi' }, { spec: { priority: 10 } }));
  const finder = new PreemptionFinder(cluster);
  const count = nodes;
  let unplaced = 0;
  const watch = new Stopwatch().go();
  for (let pod = 0; pod < count; pod++) {
    const found = finder.find(high);
    if (found === undefined) {
      unplaced += 1;
      continue;
    }
    for (const victim of found.victims) cluster.remove(victim);
    cluster.place(high, found.node);
  }
  return { ...watch.rates(count), unplaced };
}

/** Pods that fit nowhere come between those that do. */
function unschedulable(nodes: number): Outcome {
  const cluster = perfCluster(nodes);
  const huge = cluster.classOf(benchPod('huge', { cpu: '9', memory: '500Mi' }));
  const usual = cluster.classOf(perfPod('usual'));
  return oneByOne({
    cluster,
    arrivals: Array.from({ length: 20_000 }, (_, index) => (index % 4 === 0 ? huge : usual)),
  });
}

/** A pod goes for each that comes. */
function churn(nodes: number): Outcome {
  const cluster = perfCluster(nodes);
  const podClass = cluster.classOf(perfPod('churn'));
  const scorer = new DensityScorer(cluster);
  const [placer, fresh] = [new Placer(cluster, scorer), new Placer(cluster, scorer)];
  let differences = 0;
  const there: number[] = [];
  for (let pod = 0; pod < 5_000; pod++) there.push(cluster.place(podClass, placer.best(podClass)));
  const { next } = seededRandom(3);
  const count = 20_000;
  const watch = new Stopwatch().go();
  for (let pod = 0; pod < count; pod++) {
    const at = Math.floor(next() * there.length);
    cluster.remove(there[at] ?? 0);
    const node = placer.best(podClass);
    if (pod % CHECK_EVERY === 0) {
      watch.pause();
      if (fresh.bestByScan(podClass) !== node) differences += 1;
      watch.go();
    }
    there[at] = cluster.place(podClass, node);
  }
  return { ...watch.rates(count), unplaced: 0, differences };
}

interface SpeedOptions {
  readonly nodes: number;
  readonly isLarge: boolean;
}

export function speed({ nodes, isLarge }: SpeedOptions): Part {
  const size = { nodes, pods: nodes * 30 };
  const runs: [string, () => Outcome][] = [
    ['batch', () => batch(size)],
    [
      'one by one, shuffled',
      () => {
        const { cluster, shuffled: arrivals } = filled(size);
        return oneByOne({ cluster, arrivals });
      },
    ],
    [
      'one by one, in bursts',
      () => {
        const { cluster, classes: arrivals } = filled(size);
        return oneByOne({ cluster, arrivals });
      },
    ],
    ...Object.keys(PERF).map((name): [string, () => Outcome] => [name, () => perf(name, nodes)]),
    ['Preemption', () => preemption(nodes)],
    ['Unschedulable', () => unschedulable(nodes)],
    ['Churn', () => churn(nodes)],
    ...(isLarge
      ? [['batch, 50,000 nodes', () => batch({ nodes: 50_000, pods: 500_000 })] as [string, () => Outcome]]
      : []),
  ];
  const results = runs.map(([name, run]) => {
    // The best of a few: what is slower is others' doing, or that the code was not compiled yet.
    const outcomes = Array.from({ length: ROUNDS }, run).sort((a, b) => b.perSecond - a.perSecond);
    const checked = outcomes.flatMap(({ differences = [] }) => differences);
    const differences = checked.reduce((sum, each) => sum + each, 0);
    return [name, { ...(outcomes[0] ?? NOTHING), ...(checked.length === 0 ? {} : { differences }) }] as const;
  });
  const overhead = { batch: recording(size, true), oneByOne: recording(size, false) };
  return {
    name: 'speed',
    title: `decisions a second of the core alone, ${nodes} nodes, one thread, best of ${ROUNDS}; differences to a look at every node (one decision of ${CHECK_EVERY}); recording explanations takes ${overhead.batch.toFixed(1)}% of a batch's time, ${overhead.oneByOne.toFixed(1)}% one by one`,
    head: ['shape', 'decisions/s', 'a CPU second', 'unplaced', 'differences'],
    rows: results.map(([name, { perSecond, perCpuSecond, unplaced, differences }]) => [
      name,
      perSecond.toFixed(0),
      perCpuSecond.toFixed(0),
      unplaced,
      differences ?? 'not checked',
    ]),
    figures: { ...Object.fromEntries(results), recordingOverheadPercent: overhead },
  };
}
