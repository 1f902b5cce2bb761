import type { Node } from '../../shared/api/objects';
import { UsageError } from '../client/resources';
import { tableWidth } from '../environment';
import { placeOfManifest } from '../found';
import { givenManifests } from '../given-manifests';
import { layoutColumns } from '../output/columns';
import type { PlannedPods } from '../plan/planned-pods';
import { plannedPodsOf } from '../plan/planned-pods';
import type { Command, Context, Flags } from './command';
import { text } from './command';
import { reading } from './flag-groups';
import { splitByNode } from './why';

export const plan: Command = {
  name: 'plan',
  usage: 'plan',
  describe: 'tell where the pods of manifests would go now, and why; nothing is created',
  build: (yargs) => reading(yargs).option('output', { alias: 'o', type: 'string', describe: 'json' }),
  run,
  next: (flags) => `kubectl-lite apply -f ${[flags['filename']].flat().join(' -f ')}`,
};

/** What the server says of one pod, in the order of the pods that it was asked about. */
interface PodPlan {
  readonly namespace: string;
  readonly name: string;
  readonly nodeName?: string;
  readonly reason: string;
}

async function run(context: Context, flags: Flags): Promise<number | void> {
  const output = text(flags, 'output');
  if (output !== undefined && output !== 'json') throw new UsageError(`-o ${output}: plan knows json alone`);
  const groups = await plannedPods(context, flags);
  if (groups.length === 0) throw new UsageError('there are no pods in these manifests');
  const items = groups.map(({ pod, count }) => ({ pod, count }));
  const { value } = await context.client().json<{ readonly pods: readonly PodPlan[] }>({
    method: 'POST',
    path: '/scheduler/plan',
    body: { items },
    signal: context.environment.signal,
  });
  context.out(output === 'json' ? `${JSON.stringify(value, null, 4)}\n` : planText(context, groups, value.pods));
  return value.pods.every(({ nodeName }) => nodeName !== undefined) ? 0 : 1;
}

async function plannedPods(context: Context, flags: Flags): Promise<readonly PlannedPods[]> {
  const manifests = await givenManifests(context, flags);
  const needsNodes = manifests.some(({ object }) => object.kind === 'DaemonSet');
  const nodes = needsNodes
    ? (await context.client().json<{ items: readonly Node[] }>({ path: '/api/v1/nodes' })).value.items
    : [];
  const places = await Promise.all(manifests.map((manifest) => placeOfManifest(context, manifest)));
  return manifests.flatMap(({ object }, index) => plannedPodsOf(object, places[index]?.namespace ?? 'default', nodes));
}

interface Row {
  readonly workload: string;
  readonly node: string | undefined;
  readonly reason: string;
  count: number;
}

/** A line for each workload and node; below, of what finds no place, each node with the rule that excludes it. */
function planText(context: Context, groups: readonly PlannedPods[], pods: readonly PodPlan[]): string {
  const { good, bad, bold } = context.palette;
  const width = tableWidth(context.environment);
  const workloads = groups.flatMap(({ workload, count }) => Array.from({ length: count }, () => workload));
  const rows = new Map<string, Row>();
  for (const [index, { nodeName, reason }] of pods.entries()) {
    const workload = workloads[index] ?? '';
    const key = `${workload} ${nodeName ?? ''}`;
    const row = rows.get(key);
    if (row === undefined) rows.set(key, { workload, node: nodeName, reason, count: 1 });
    else row.count += 1;
  }
  const all = [...rows.values()];
  const cells = all.map(({ workload, node, count, reason }) => [
    workload,
    String(count),
    node ?? '<none>',
    node === undefined ? splitByNode(reason).summary : reason,
  ]);
  const table = layoutColumns([['WORKLOAD', 'PODS', 'NODE', 'WHY'], ...cells], {
    ...width,
    paint: (cell, row, column) => (row > 0 && column === 2 ? (cell === '<none>' ? bad(cell) : good(cell)) : cell),
  });
  const excluded = all
    .filter(({ node }) => node === undefined)
    .map(({ workload, reason }) => {
      const { nodes, miss } = splitByNode(reason);
      const list =
        nodes.length === 0 ? '' : layoutColumns([['NODE', 'EXCLUDED BY'], ...nodes.map((each) => [...each])], width);
      return `\n${bold(workload)}\n${list}${miss === undefined ? '' : `Nearest miss: ${miss}\n`}`;
    });
  const placed = pods.filter(({ nodeName }) => nodeName !== undefined).length;
  const total = placed === pods.length ? `all ${placed} pods would run` : `${placed} of ${pods.length} pods would run`;
  return `${table}${excluded.join('')}\n${total}\n`;
}
