import type { ContainerStatus, Pod } from '../../shared/api/objects';
import { isForbidden, isNotFound } from '../../shared/status-error';
import type { StoredObject } from '../api-object';
import { podsOf } from '../chosen-pod';
import { UsageError } from '../client/resources';
import { ageOf, eventsAbout, lastSeen } from '../events';
import { tableWidth } from '../environment';
import { foldLines } from '../output/fold-lines';
import { layoutColumns } from '../output/columns';
import type { Command, Context, Flags } from './command';
import { text } from './command';

const LOG_LINES = 10;

export const why: Command = {
  name: 'why',
  usage: 'why <pod>',
  describe: 'tell why a pod, or one of TYPE/NAME, is not running, and what it waits for',
  build: (yargs) => yargs.option('output', { alias: 'o', type: 'string', describe: 'json' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const output = text(flags, 'output');
  if (output !== undefined && output !== 'json') throw new UsageError(`-o ${output}: why knows json alone`);
  const pod = await podInQuestion(context, text(flags, 'pod') ?? '');
  const isPlaced = (pod.spec.nodeName ?? '') !== '';
  const placement = isPlaced ? await placementOf(context, pod) : undefined;
  if (output === 'json') {
    context.out(`${JSON.stringify(figures(pod, placement), null, 4)}\n`);
    return;
  }
  context.out(foldLines(await explanation(context, pod), tableWidth(context.environment).width));
  if (placement !== undefined) context.out(placementText(context, placement));
}

/** Of an object's pods one that is not as it should be, if there is any. Throws UsageError where it has none. */
async function podInQuestion(context: Context, word: string): Promise<Pod> {
  const pods = await podsOf(context, word);
  const isReady = ({ status }: Pod): boolean =>
    status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;
  const pod = pods.findLast((each) => !isReady(each)) ?? pods.at(-1);
  if (pod === undefined)
    throw new UsageError(`${word} has no pods: kubectl-lite describe ${word} tells what keeps it from making some`);
  return pod;
}

/** What the scheduler remembers of a choice; the lower cost won. */
interface ChosenNode {
  readonly nodeName: string;
  readonly cost: number;
  readonly terms: Readonly<Record<string, number>>;
}
interface Placement {
  readonly choice: string;
  readonly winner: ChosenNode;
  readonly runnerUp?: ChosenNode;
}

/** Undefined: it was not placed by this server's scheduler, or too long ago. */
async function placementOf(context: Context, { metadata }: Pod): Promise<Placement | undefined> {
  try {
    const query = { uid: metadata.uid };
    return (await context.client().json<Placement>({ path: '/scheduler/choice', query })).value;
  } catch (error) {
    // Who may not see it is told what they may see.
    if (isNotFound(error) || isForbidden(error)) return undefined;
    throw error;
  }
}

function placementText(context: Context, { winner, runnerUp }: Placement): string {
  if (runnerUp === undefined) return `\nThe scheduler chose ${winner.nodeName}: no other node would take it.\n`;
  const terms = Object.keys(winner.terms).filter((term) => winner.terms[term] !== 0 || runnerUp.terms[term] !== 0);
  const row = (what: string, { nodeName, cost, terms: of }: ChosenNode): string[] => [
    what,
    nodeName,
    cost.toFixed(3),
    ...terms.map((term) => (of[term] ?? 0).toFixed(3)),
  ];
  const gap = (term: string): number => (runnerUp.terms[term] ?? 0) - (winner.terms[term] ?? 0);
  const [decisive] = [...terms].sort((a, b) => gap(b) - gap(a));
  const table = layoutColumns(
    [['', 'NODE', 'COST', ...terms.map((term) => term.toUpperCase())], row('chosen', winner), row('second', runnerUp)],
    tableWidth(context.environment),
  );
  const why =
    decisive === undefined || gap(decisive) <= 0
      ? 'Both cost the same: a fixed order by their names decides.'
      : `What decided most: ${decisive}.`;
  return `\nWhy ${winner.nodeName}, when it was placed (the lower cost wins):\n${table}${why}\n`;
}

/** The same for programs. */
function figures({ metadata, spec, status }: Pod, placement: Placement | undefined): object {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const isRefused = scheduled?.status === 'False' && scheduled.message !== undefined;
  const { summary, nodes, miss, preemption } = splitByNode(isRefused ? (scheduled.message ?? '') : '');
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    phase: status?.phase,
    nodeName: spec.nodeName,
    placement,
    ...(isRefused
      ? {
          summary,
          exclusions: nodes.map(([nodeName, reason]) => ({ nodeName, reason })),
          nearestMiss: miss,
          preemption,
        }
      : {}),
  };
}

async function explanation(context: Context, pod: Pod): Promise<string> {
  const { name, deletionTimestamp } = pod.metadata;
  const { bold, good, bad } = context.palette;
  if (deletionTimestamp !== undefined)
    return `${bold(`pod/${name}`)} is being deleted since ${ageOf(deletionTimestamp)}: its node ${pod.spec.nodeName ?? ''} ends its containers.\n`;
  if ((pod.spec.nodeName ?? '') === '') return pendingText(context, pod);
  const stuck = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].filter(
    isStuck,
  );
  if (stuck.length > 0) return (await Promise.all(stuck.map((status) => stuckText(context, pod, status)))).join('\n');
  if (pod.status?.phase === 'Succeeded')
    return `${bold(`pod/${name}`)} has ${good('completed')}: all its containers ended well.\n`;
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True')
    return `${bold(`pod/${name}`)} is ${good('fine')}: it runs on ${pod.spec.nodeName ?? ''} and is ready.\n`;
  const last = await lastEvents(context, pod);
  return `${bold(`pod/${name}`)} runs on ${pod.spec.nodeName ?? ''} but is ${bad('not ready')}: ${ready?.message ?? ready?.reason ?? 'it has just started'}.\n${last}`;
}

const MISS = ' Nearest miss: ';
const PREEMPTION = ' preemption: ';

/**
 * The scheduler's message is "0/N nodes are available: counts. node: rule; node: rule. Nearest miss: what would help.
 * preemption: why evicting others does not."
 */
export function splitByNode(text: string): {
  readonly summary: string;
  readonly nodes: readonly (readonly [node: string, rule: string])[];
  readonly miss?: string;
  readonly preemption?: string;
} {
  const tail = text.lastIndexOf(PREEMPTION);
  if (tail >= 0) return { ...splitByNode(text.slice(0, tail)), preemption: text.slice(tail + PREEMPTION.length) };
  const at = text.lastIndexOf(MISS);
  if (at >= 0) return { ...splitByNode(text.slice(0, at)), miss: text.slice(at + MISS.length) };
  const message = text;
  const end = message.search(/\. (?=\S+: )/);
  if (end < 0) return { summary: message, nodes: [] };
  const nodes = message
    .slice(end + 2)
    .replace(/\.$/, '')
    .split('; ')
    .map((entry) => {
      const colon = entry.indexOf(': ');
      return [entry.slice(0, colon), entry.slice(colon + 2)] as const;
    });
  return { summary: message.slice(0, end + 1), nodes };
}

function pendingText(context: Context, pod: Pod): string {
  const { bold, warn } = context.palette;
  const head = bold(`pod/${pod.metadata.name}`);
  const gates = pod.spec.schedulingGates ?? [];
  if (gates.length > 0)
    return `${head} is ${warn('held back')} by its scheduling gates: ${gates.map(({ name }) => name).join(', ')}.\n`;
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
  const { schedulerName = 'default-scheduler' } = pod.spec;
  if (scheduled?.message === undefined && schedulerName !== 'default-scheduler')
    return `${head} is ${warn('pending')}: it waits for a scheduler named ${schedulerName} (spec.schedulerName), and none has looked at it yet. The server has those that --scheduler-profile names.\n`;
  if (scheduled?.message === undefined)
    return `${head} is ${warn('pending')}: the scheduler has not looked at it yet.\n`;
  const { summary, nodes, miss, preemption } = splitByNode(scheduled.message);
  const table =
    nodes.length === 0
      ? ''
      : `\n${layoutColumns([['NODE', 'EXCLUDED BY'], ...nodes.map((row) => [...row])], tableWidth(context.environment))}`;
  return `${head} is ${warn('pending')} for ${ageOf(pod.metadata.creationTimestamp)}: ${summary}\n${table}${miss === undefined ? '' : `\nNearest miss: ${miss}\n`}${preemption === undefined ? '' : `Preemption: ${preemption}\n`}`;
}

const isStuck = ({ state, ready }: ContainerStatus): boolean =>
  (state?.waiting?.reason !== undefined && state.waiting.reason !== 'PodInitializing') ||
  (state?.terminated !== undefined && state.terminated.exitCode !== 0 && !ready);

async function stuckText(context: Context, pod: Pod, status: ContainerStatus): Promise<string> {
  const { bold, bad } = context.palette;
  const { waiting, terminated } = status.state ?? {};
  const ended = terminated ?? status.lastState?.terminated;
  const reason = waiting?.reason ?? terminated?.reason ?? 'Unknown';
  const lines = [
    `${bold(`pod/${pod.metadata.name}`)} container ${status.name}: ${bad(reason)}${waiting?.message === undefined ? '' : `: ${waiting.message}`}`,
  ];
  if (ended !== undefined) {
    lines.push(
      `It ended with exit code ${ended.exitCode} (${ended.reason ?? ''}) ${ageOf(ended.finishedAt)} ago, restarts: ${status.restartCount}.`,
    );
    const log = await tailOf(context, pod, status);
    if (log !== '') lines.push('', 'The end of its log:', log.replace(/^/gm, '  '));
  }
  lines.push('', (await lastEvents(context, pod)).trimEnd());
  return `${lines.join('\n').trimEnd()}\n`;
}

async function tailOf(context: Context, pod: Pod, { name, state }: ContainerStatus): Promise<string> {
  const { namespace, name: podName } = pod.metadata;
  const query = { container: name, tailLines: LOG_LINES, previous: state?.terminated === undefined ? true : undefined };
  return context
    .client()
    .text({ path: `/api/v1/namespaces/${namespace}/pods/${podName}/log`, query })
    .then(({ text: log }) => log.trimEnd())
    .catch(() => '');
}

async function lastEvents(context: Context, pod: Pod): Promise<string> {
  const events = (await eventsAbout(context, pod as unknown as StoredObject))
    .filter(({ type }) => type === 'Warning')
    .slice(-3);
  return events
    .map((event) => `${ageOf(lastSeen(event))} ago: ${event.reason ?? ''}: ${(event.message ?? '').trim()}\n`)
    .join('');
}
