import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Node, Pod } from '../../../shared/api/objects';
import { benchNode, benchPod } from './objects';

export const GPU = 'nvidia.com/gpu';
const MODEL = 'gpu-model';

/** One line of a CSV file by the names in its head. */
type Row = Readonly<Record<string, string>>;

export function readRows(file: string, separator = ','): Row[] {
  const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split(/\r?\n/);
  const names = head.split(separator);
  return lines.map((line) => {
    const values = line.split(separator);
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
  });
}

/** The nodes of the trace, under other names where a naming is given. */
export const openbNodes = (folder: string, nameOf: (name: string) => string = (name) => name): Node[] =>
  readRows(path.join(folder, 'openb_node_list_gpu_node.csv')).map((row) =>
    benchNode(
      nameOf(row['sn'] ?? ''),
      {
        cpu: `${row['cpu_milli'] ?? 0}m`,
        memory: `${row['memory_mib'] ?? 0}Mi`,
        [GPU]: row['gpu'] ?? '0',
      },
      { [MODEL]: row['model'] ?? '' },
    ),
  );

export interface TracePod {
  readonly pod: Pod;
  readonly gpuMilli: number;
}

/** The pods of one trace; those that ask for the same are the same object. */
export function openbPods(folder: string, trace: string): TracePod[] {
  const known = new Map<string, TracePod>();
  return readRows(path.join(folder, `openb_pod_list_${trace}.csv`)).map((row) => {
    const { cpu_milli: cpu = '0', memory_mib: memory = '0', gpu_spec: models = '' } = row;
    const count = Number(row['num_gpu']);
    const milli = Number(row['gpu_milli']);
    const key = [cpu, memory, count, milli, models].join();
    const before = known.get(key);
    if (before !== undefined) return before;
    const isShare = count === 1 && milli < 1_000;
    const gpus = count === 0 ? {} : isShare ? { [`${GPU}-milli`]: String(milli) } : { [GPU]: String(count) };
    const terms = [{ matchExpressions: [{ key: MODEL, operator: 'In', values: models.split('|') }] }];
    const affinity = {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    };
    const pod = benchPod(
      `pod-${known.size}`,
      { cpu: `${cpu}m`, memory: `${memory}Mi`, ...gpus },
      models === '' ? {} : { spec: { affinity } },
    );
    const made = { pod, gpuMilli: count * (isShare ? milli : 1_000) };
    known.set(key, made);
    return made;
  });
}
