import type { Node, Pod } from '../../../shared/api/objects';
import { seededRandom } from '../../../shared/random';
import { benchNode, benchPod } from './objects';

const SHAPES = [
  [32, 128],
  [64, 256],
  [96, 384],
  [64, 512],
  [128, 512],
] as const;
const MILLI = [100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000];
const MILLI_WEIGHTS = [0.16, 0.18, 0.18, 0.17, 0.14, 0.1, 0.05, 0.02];
const GIB_PER_CORE = [1, 2, 4, 8, 12];
const MIB = 2 ** 20;

export interface Mixed {
  readonly nodes: readonly Node[];
  /** In bursts of one template, as they come. */
  readonly pods: readonly Pod[];
}

interface MixedOptions {
  readonly seed: number;
  readonly nodes: number;
  readonly pods: number;
  readonly templates: number;
  /** Demand as a share of the capacity of the scarcer resource. */
  readonly load: number;
}

/** Nodes of five shapes and pods of many, in bursts; the nodes are scaled so that demand is the wanted share. */
export function mixedShapes({ seed, nodes, pods, templates, load }: MixedOptions): Mixed {
  const { next } = seededRandom(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
  const shapes = Array.from({ length: nodes }, () => pick(SHAPES));
  const weighted = (): number => {
    let left = next();
    return MILLI.find((_, index) => (left -= MILLI_WEIGHTS[index] ?? 0) < 0) ?? 16_000;
  };
  const made = Array.from({ length: templates }, (_, index) => {
    const base = weighted();
    const cpu = base + pick([0, 50, 100, 150]);
    const mib = Math.max(64, Math.round((cpu / 1_000) * pick(GIB_PER_CORE) * 1_024));
    return { cpu, mib, pod: benchPod(`template-${index}`, { cpu: `${cpu}m`, memory: `${mib}Mi` }) };
  });
  const drawn: (typeof made)[number][] = [];
  while (drawn.length < pods) {
    const template = pick(made);
    for (let left = 1 + Math.floor(Math.exp(5 * next())); left > 0 && drawn.length < pods; left--) drawn.push(template);
  }
  const asked = { cpu: 0, mib: 0 };
  for (const { cpu, mib } of drawn) {
    asked.cpu += cpu;
    asked.mib += mib;
  }
  const there = { cpu: 0, mib: 0 };
  for (const [cores, gib] of shapes) {
    there.cpu += cores * 1_000;
    there.mib += gib * 1_024;
  }
  const scale = Math.max(asked.cpu / there.cpu, asked.mib / there.mib) / load;
  return {
    nodes: shapes.map(([cores, gib], index) =>
      benchNode(`node-${index}`, {
        cpu: `${Math.round(cores * 1_000 * scale)}m`,
        memory: String(Math.round(gib * 1_024 * scale) * MIB),
      }),
    ),
    pods: drawn.map(({ pod }) => pod),
  };
}
