import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Cluster } from '../../../apiserver/scheduler/core/model/cluster';
import type { PodClass } from '../../../apiserver/scheduler/core/model/pod-class';
import type { Policy, PolicyKind } from '../../../apiserver/scheduler/core/policies/policy';
import {
  greedyBestFit,
  greedyFirstFit,
  greedyLeastAllocated,
  greedyOnePass,
} from '../../../apiserver/scheduler/core/policies/greedy';
import { hashOf } from '../../../apiserver/scheduler/core/placing/tie-order';
import { seededRandom } from '../../../shared/random';
import { fgd } from './fgd-policy';
import { shuffled } from './objects';
import { openbNodes, openbPods, readRows } from './openb-trace';
import type { Part } from './part';
import { mean } from './part';

/** Arrivals go on until they ask for this share of all devices. */
const ARRIVALS = 1.3;
const WHOLE = 1_000;

export interface Run {
  /** Percent of device capacity that is allocated when arrivals reach each percent of it. */
  readonly curve: readonly number[];
  readonly podsPlaced: number;
}

interface RunOptions {
  readonly folder: string;
  readonly trace: string;
  readonly seed: number;
  readonly kind: PolicyKind;
  readonly nameOf?: (name: string) => string;
}

/** The protocol of the FGD paper: pods one by one in an order drawn by the seed, no retries and no departures. */
export function runTrace({ folder, trace, seed, kind, nameOf }: RunOptions): Run {
  const cluster = new Cluster();
  let capacity = 0;
  for (const node of openbNodes(folder, nameOf)) {
    cluster.setNode(node);
    capacity += Number(node.status?.allocatable?.['nvidia.com/gpu'] ?? 0) * WHOLE;
  }
  const known = openbPods(folder, trace).map(({ pod, gpuMilli }) => ({ podClass: cluster.classOf(pod), gpuMilli }));
  const { next } = seededRandom(seed);
  const arrivals = shuffled(known, next);
  let asked = arrivals.reduce((sum, { gpuMilli }) => sum + gpuMilli, 0);
  while (asked < ARRIVALS * capacity) {
    const more = known[Math.floor(next() * known.length)];
    if (more === undefined) throw new Error(`trace ${trace} has no pods`);
    arrivals.push(more);
    asked += more.gpuMilli;
  }
  return feed(kind.create(cluster), arrivals, capacity);
}

function feed(
  policy: Policy,
  arrivals: readonly { readonly podClass: PodClass; readonly gpuMilli: number }[],
  capacity: number,
): Run {
  const curve: number[] = [];
  let [arrived, allocated, podsPlaced] = [0, 0, 0];
  for (const { podClass, gpuMilli } of arrivals) {
    arrived += gpuMilli;
    if ((policy.place([podClass]).nodes[0] ?? -1) >= 0) {
      allocated += gpuMilli;
      podsPlaced += 1;
    }
    while (curve.length <= Math.min(130, Math.floor((100 * arrived) / capacity))) {
      curve.push((100 * allocated) / capacity);
    }
  }
  while (curve.length <= 130) curve.push((100 * allocated) / capacity);
  return { curve, podsPlaced };
}

const KINDS: readonly PolicyKind[] = [
  { ...greedyOnePass, name: 'greedy' },
  fgd,
  greedyFirstFit,
  greedyBestFit,
  greedyLeastAllocated,
];

/** Other names for the nodes: five at random, then in ascending and descending order of processors for each device. */
function renamings(folder: string): ReadonlyMap<string, (name: string) => string> {
  const rows = readRows(path.join(folder, 'openb_node_list_gpu_node.csv'));
  const ratio = (row: Readonly<Record<string, string>>): number =>
    Number(row['cpu_milli']) / Math.max(1, Number(row['gpu']));
  const sorted = [...rows].sort((a, b) => ratio(a) - ratio(b)).map((row) => row['sn'] ?? '');
  const rankOf = new Map(sorted.map((name, rank) => [name, rank]));
  const ranked = (rank: number): string => `node-${String(rank).padStart(6, '0')}`;
  return new Map<string, (name: string) => string>([
    ...[1, 2, 3, 4, 5].map((seed) => [`random ${seed}`, (name: string) => `n${hashOf(`${seed} ${name}`)}`] as const),
    ['fewest processors a device first', (name) => ranked(rankOf.get(name) ?? 0)],
    ['most processors a device first', (name) => ranked(rows.length - (rankOf.get(name) ?? 0))],
  ]);
}

export function tracesIn(folder: string): string[] {
  return readdirSync(folder)
    .flatMap((file) => /^openb_pod_list_(.+)\.csv$/.exec(file)?.[1] ?? [])
    .sort();
}

/** Mean published curves by trace and policy, where the folder has the paper's own table. */
export function published(file: string): ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> {
  const curves = new Map<string, Map<string, number[][]>>();
  if (!existsSync(file)) return new Map();
  for (const row of readRows(file)) {
    const trace = (row['workload'] ?? '').replace('openb_pod_list_', '');
    const policy = (row['sc_policy'] ?? '').replace(/^\d+-/, '');
    const of = curves.get(trace) ?? new Map<string, number[][]>();
    const values = Array.from({ length: 131 }, (_, percent) => Number(row[String(percent)]));
    of.set(policy, [...(of.get(policy) ?? []), values]);
    curves.set(trace, of);
  }
  const average = (all: readonly (readonly number[])[]): number[] =>
    Array.from({ length: 131 }, (_, percent) => mean(all.map((each) => each[percent] ?? 0)));
  return new Map(
    [...curves].map(([trace, of]) => [trace, new Map([...of].map(([name, all]) => [name, average(all)]))]),
  );
}

interface OpenbOptions {
  readonly folder: string;
  readonly traces: readonly string[];
  readonly seeds: number;
  readonly expected: string;
  readonly renamed: boolean;
}

export function openb({ folder, traces, seeds, expected, renamed }: OpenbOptions): Part {
  const peers = published(expected);
  const figures: Record<string, Record<string, unknown>> = {};
  const rows: (string | number)[][] = [];
  const curves = new Map<string, Map<string, readonly number[]>>();
  for (const trace of traces) {
    const byPolicy: Record<string, unknown> = {};
    const of = new Map<string, readonly number[]>();
    for (const kind of KINDS) {
      const runs = Array.from({ length: seeds }, (_, seed) => runTrace({ folder, trace, seed: seed + 1, kind }));
      const curve = Array.from({ length: 131 }, (_, at) => mean(runs.map((run) => run.curve[at] ?? 0)));
      const podsPlaced = mean(runs.map((run) => run.podsPlaced));
      byPolicy[kind.name] = { at100: curve[100], at130: curve[130], podsPlaced };
      of.set(kind.name, curve);
      rows.push([trace, kind.name, ...[100, 130].map((at) => (curve[at] ?? 0).toFixed(2)), podsPlaced.toFixed(0)]);
    }
    for (const [name, curve] of peers.get(trace) ?? []) {
      rows.push([trace, `${name} (published)`, ...[100, 130].map((at) => (curve[at] ?? 0).toFixed(2)), '']);
      of.set(`${name} (published)`, curve);
    }
    figures[trace] = byPolicy;
    curves.set(trace, of);
  }
  const renamedTrace = traces.includes('default') ? 'default' : (traces[0] ?? 'default');
  if (renamed) {
    const results = [...renamings(folder)].map(([name, nameOf]) => {
      const kind = KINDS[0] ?? greedyOnePass;
      const runs = Array.from({ length: seeds }, (_, seed) =>
        runTrace({ folder, trace: renamedTrace, seed: seed + 1, kind, nameOf }),
      );
      const at130 = mean(runs.map((run) => run.curve[130] ?? 0));
      rows.push([`${renamedTrace}, nodes renamed: ${name}`, kind.name, '', at130.toFixed(2), '']);
      return [name, at130] as const;
    });
    figures['renamed'] = { greedy: Object.fromEntries(results), worst: Math.min(...results.map(([, at130]) => at130)) };
  }
  return {
    name: 'openb',
    title: `devices allocated, in percent, when arrivals reach 100% and 130% of capacity (means of ${seeds} seeds)`,
    head: ['trace', 'policy', 'at 100', 'at 130', 'pods placed'],
    rows,
    figures,
    curves,
  };
}
