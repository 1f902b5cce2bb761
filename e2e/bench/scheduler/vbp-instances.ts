import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Node, Pod } from '../../../shared/api/objects';
import { benchNode, benchPod } from './objects';
import { readRows } from './openb-trace';

/** Vector bin packing: equal bins, items to be put into as few as can be. */
export interface Instance {
  readonly name: string;
  readonly optimum: number;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const file = path.join(folder, name);
    return statSync(file).isDirectory() ? filesUnder(file) : file.endsWith('.vbp') ? [file] : [];
  });

const resourceOf = (dimension: number): string =>
  dimension === 0 ? 'cpu' : dimension === 1 ? 'memory' : `example.com/dimension-${dimension}`;

const amounts = (sizes: readonly number[]): Record<string, string> =>
  Object.fromEntries(
    sizes.map((size, dimension) => [resourceOf(dimension), dimension === 0 ? `${size}m` : String(size)]),
  );

/** Instances below the folder whose optimum the table knows. */
export function* vbpInstances(folder: string, optima: string): Generator<Instance> {
  const known = new Map(readRows(optima, '\t').map((row) => [row['instance_name'], Number(row['OPT'])]));
  for (const file of filesUnder(folder).sort()) {
    const name = path.basename(file, '.vbp');
    const optimum = known.get(name) ?? -1;
    if (optimum > 0) yield { name, optimum, ...read(file, optimum) };
  }
}

function read(file: string, optimum: number): Pick<Instance, 'nodes' | 'pods'> {
  const [head = '', capacity = '', , ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  const dimensions = Number(head);
  const numbers = (line: string): number[] => line.trim().split(/\s+/).map(Number);
  const pods = lines.flatMap((line, index) => {
    const values = numbers(line);
    const pod = benchPod(`item-${index}`, amounts(values.slice(0, dimensions)));
    return Array.from({ length: values[dimensions] ?? 1 }, () => pod);
  });
  const bin = amounts(numbers(capacity));
  return { nodes: Array.from({ length: 2 * optimum + 2 }, (_, index) => benchNode(`bin-${index}`, bin)), pods };
}
