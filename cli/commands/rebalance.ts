import type { Pod } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { KNOWN } from '../client/known-types';
import { UsageError, pathOf } from '../client/resources';
import { confirm } from '../confirm';
import { tableWidth } from '../environment';
import { layoutColumns } from '../output/columns';
import type { Owner } from '../rebalance/move-pod';
import { controllerOf, evictAndWait, replaceFirst } from '../rebalance/move-pod';
import type { Command, Context, Flags } from './command';
import { count, isSet, seconds, text } from './command';

const MOVE_SECONDS = 300;

export const rebalance: Command = {
  name: 'rebalance',
  usage: 'rebalance',
  describe: 'move pods to where they fit better: replacements start first, few at a time',
  build: (yargs) =>
    yargs
      .option('output', { alias: 'o', type: 'string', describe: 'json, with --dry-run' })
      .option('dry-run', { type: 'boolean', describe: 'only show the moves and what they gain' })
      .option('moves', { type: 'number', default: 20, describe: 'at most so many' })
      .option('concurrency', { type: 'number', default: 1, describe: 'so many at a time; pods of one workload never' })
      .option('yes', { alias: 'y', type: 'boolean', describe: 'do not ask' })
      .option('timeout', { type: 'string', default: `${MOVE_SECONDS}s`, describe: 'how long one move takes at most' }),
  run,
  next: (flags) => (isSet(flags, 'dry-run') ? 'kubectl-lite rebalance' : 'kubectl-lite top nodes'),
};

interface Move {
  readonly namespace: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly gain: number;
  readonly reason: 'better-node' | 'frees-node';
}
interface RebalancePlan {
  readonly moves: readonly Move[];
  readonly nodesUsed: { readonly before: number; readonly after: number };
}

const REASONS = { 'better-node': 'fits better there', 'frees-node': 'frees its node' } as const;

async function run(context: Context, flags: Flags): Promise<number | void> {
  const output = text(flags, 'output');
  if (output !== undefined && (output !== 'json' || !isSet(flags, 'dry-run')))
    throw new UsageError(`-o ${output}: rebalance knows json alone, and with --dry-run`);
  const moves = count(flags, 'moves') ?? 0;
  const concurrency = count(flags, 'concurrency') ?? 0;
  for (const [flag, value] of Object.entries({ moves, concurrency }))
    if (!Number.isInteger(value) || value < 1) throw new UsageError(`--${flag}: must be a whole number from 1`);
  const { value: plan } = await context
    .client()
    .json<RebalancePlan>({ path: '/scheduler/rebalance', query: { moves } });
  if (output === 'json') {
    context.out(`${JSON.stringify(plan, null, 4)}\n`);
    return;
  }
  if (plan.moves.length === 0) {
    context.out('nothing to move: every pod is where it fits best\n');
    return;
  }
  context.out(planText(context, plan));
  if (isSet(flags, 'dry-run')) return;
  if (!isSet(flags, 'yes') && !(await confirm(context.environment, `move ${plan.moves.length} pods?`))) {
    context.note('nothing was moved\n');
    return 1;
  }
  return moveAll(context, plan.moves, { concurrency, timeoutMs: (seconds(flags, 'timeout') ?? MOVE_SECONDS) * 1_000 });
}

function planText(context: Context, { moves, nodesUsed }: RebalancePlan): string {
  const rows = moves.map(({ namespace, name, from, to, gain, reason }) => [
    namespace,
    name,
    from,
    to,
    gain.toFixed(2),
    REASONS[reason],
  ]);
  const table = layoutColumns(
    [['NAMESPACE', 'POD', 'FROM', 'TO', 'GAIN', 'WHY'], ...rows],
    tableWidth(context.environment),
  );
  const { before, after } = nodesUsed;
  const nodes = before === after ? `${before} nodes in use as before` : `nodes in use: ${before} now, ${after} then`;
  return `${table}\n${moves.length} moves; ${nodes}\n`;
}

/** One after the other for each workload, a few workloads at a time. After a failure no other move begins. */
async function moveAll(
  context: Context,
  moves: readonly Move[],
  { concurrency, timeoutMs }: { readonly concurrency: number; readonly timeoutMs: number },
): Promise<number> {
  const { signal } = context.environment;
  const busy = new Map<string, Promise<unknown>>();
  const left = [...moves];
  let failed = 0;
  const worker = async (): Promise<void> => {
    for (let move = left.shift(); move !== undefined && failed === 0 && !signal.aborted; move = left.shift()) {
      try {
        const pod = await podOf(context, move);
        if (pod === undefined) {
          context.note(`pod/${move.name} is gone already, or was moved\n`);
          continue;
        }
        const owner = await ownerOf(context, pod);
        const key = owner === undefined ? `pod ${move.namespace}/${move.name}` : `${owner.namespace}/${owner.name}`;
        const turn = (busy.get(key) ?? Promise.resolve()).then(() => movePod(context, pod, owner, timeoutMs));
        busy.set(
          key,
          turn.catch(() => undefined),
        );
        context.out(`${await turn}\n`);
      } catch (error) {
        failed += 1;
        context.note(`pod/${move.name}: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return failed === 0 && !signal.aborted ? 0 : 1;
}

async function podOf(context: Context, { namespace, name, from }: Move): Promise<Pod | undefined> {
  const pods = await context.client().json<{ readonly items: readonly Pod[] }>({
    path: pathOf(KNOWN.pod, namespace),
    query: { fieldSelector: `metadata.name=${name},spec.nodeName=${from}` },
  });
  return pods.value.items[0];
}

/** The Deployment of its ReplicaSet, or the ReplicaSet itself; undefined: nobody who could have one pod more for a while. */
async function ownerOf(context: Context, pod: Pod): Promise<Owner | undefined> {
  const { namespace = 'default' } = pod.metadata;
  const owner = controllerOf(pod);
  if (owner?.kind !== 'ReplicaSet') return undefined;
  const resource = (await context.resources()).byKind(owner.apiVersion, owner.kind);
  if (resource === undefined) return undefined;
  const { value } = await context.client().json<Pod>({ path: pathOf(resource, namespace, owner.name) });
  const above = controllerOf(value);
  if (above?.kind === 'Deployment') return { resource: KNOWN.deployment, namespace, name: above.name };
  return { resource, namespace, name: owner.name };
}

async function movePod(context: Context, pod: Pod, owner: Owner | undefined, timeoutMs: number): Promise<string> {
  const { name } = pod.metadata;
  if (controllerOf(pod)?.kind === 'Job') return `pod/${name} stays: the work of its job would be lost`;
  const deadlineMs = systemClock.monotonic() + timeoutMs;
  const moved =
    owner === undefined
      ? await evictAndWait(context, pod, deadlineMs)
      : await replaceFirst(context, pod, owner, deadlineMs);
  const from = pod.spec.nodeName ?? '';
  return moved === undefined
    ? `pod/${name} left ${from}; it is not ready again yet`
    : `pod/${name} left ${from}: pod/${moved.name} is ready on ${moved.node}`;
}
