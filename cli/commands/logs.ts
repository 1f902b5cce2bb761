import type { Pod } from '../../shared/api/objects';
import { isNotFound } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import { podSelectorOf } from '../chosen-pod';
import { KNOWN } from '../client/known-types';
import { UsageError, pathOf } from '../client/resources';
import { copyLog } from '../logs/copy-log';
import type { ManyPods } from '../logs/follow-pods';
import { PodLogs } from '../logs/follow-pods';
import { sourcesOf } from '../logs/log-source';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { count, isSet, seconds, text } from './command';

export const logs: Command = {
  name: 'logs',
  usage: 'logs [pod] [container]',
  describe: 'what containers print: of POD, TYPE/NAME, -l LABELS, or every pod whose name matches a regular expression',
  build: (yargs) =>
    yargs
      .option('follow', { alias: 'f', type: 'boolean', describe: 'go on with what comes, also of pods that come' })
      .option('previous', { alias: 'p', type: 'boolean', describe: 'of the container that ran before' })
      .option('container', { alias: 'c', type: 'string', describe: 'of several' })
      .option('all-containers', { type: 'boolean', describe: 'of all containers' })
      .option('all-pods', { type: 'boolean', describe: 'of TYPE/NAME: of all its pods' })
      .option('selector', { alias: 'l', type: 'string', describe: 'of all pods with these labels' })
      .option('tail', {
        type: 'number',
        default: -1,
        describe: 'only the last lines; with -l 10 where nothing is said',
      })
      .option('since', { type: 'string', describe: 'only of this long, such as 10m' })
      .option('since-time', { type: 'string', describe: 'only from this time on (RFC 3339)' })
      .option('timestamps', { type: 'boolean', describe: 'with the time of each line' })
      .option('limit-bytes', { type: 'number', describe: 'at most this much' })
      .option('prefix', { type: 'boolean', describe: 'name the source of each line' })
      .option('ignore-errors', { type: 'boolean', describe: 'go on where one log cannot be had' })
      .option('max-log-requests', { type: 'number', default: 5, hidden: true })
      .option('pod-running-timeout', { type: 'string', default: '20s', hidden: true }),
  run,
};

/** kubectl says of what is not there also where. */
async function run(context: Context, flags: Flags): Promise<number | void> {
  try {
    return await showLogs(context, flags);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new UsageError(`error from server (NotFound): ${error.message} in namespace "${context.namespace}"`, {
      cause: error,
    });
  }
}

async function showLogs(context: Context, flags: Flags): Promise<number | void> {
  const [since, sinceTime] = [seconds(flags, 'since'), text(flags, 'since-time')];
  if (since !== undefined && sinceTime !== undefined)
    throw new UsageError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  const many = await manyPods(context, flags);
  const tail = count(flags, 'tail') ?? -1;
  const query = {
    follow: isSet(flags, 'follow') || undefined,
    previous: isSet(flags, 'previous') || undefined,
    timestamps: isSet(flags, 'timestamps') || undefined,
    tailLines: tail >= 0 ? tail : text(flags, 'selector') === undefined ? undefined : 10,
    sinceSeconds: since === undefined ? undefined : Math.ceil(since),
    sinceTime,
    limitBytes: count(flags, 'limit-bytes'),
  };
  if (many === undefined) {
    const path = pathOf(KNOWN.pod, context.namespace, onePod(flags));
    const { value: pod } = await context.client().json<Pod>({ path });
    const sources = sourcesOf(pod, flags, (message) => context.note(message));
    const prefixOf = (container: string, index: number): string =>
      isSet(flags, 'prefix') ? `${context.palette.source(index, `[pod/${pod.metadata.name}/${container}]`)} ` : '';
    const copy = (source: (typeof sources)[number], index: number): Promise<void> =>
      copyLog(context, source, query, prefixOf(source.container, index));
    if (query.follow === true) await Promise.all(sources.map(copy));
    else for (const [index, source] of sources.entries()) await copy(source, index);
    return;
  }
  const { value } = await context
    .client()
    .json<ObjectList>({ path: many.path, query: { labelSelector: many.labelSelector } });
  const found = (value.items as unknown as readonly Pod[]).filter(many.isWanted);
  const follows = query.follow === true;
  const chosen =
    many.takesOne && !isSet(flags, 'all-pods') && !follows ? oneOf(context, found, text(flags, 'pod') ?? '') : found;
  if (chosen.length === 0 && !follows) {
    context.note(`No resources found in ${context.namespace} namespace.\n`);
    return;
  }
  const show = new PodLogs(context, flags, query, {
    prefixes: isSet(flags, 'prefix') || isSet(flags, 'all-pods') || follows || chosen.length > 1,
    ignoreErrors: isSet(flags, 'ignore-errors'),
  });
  return follows ? show.follow(many, found, value.metadata.resourceVersion ?? '') : show.show(chosen);
}

function onePod(flags: Flags): string {
  const given = text(flags, 'pod');
  if (given === undefined)
    throw new UsageError("expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]': name a pod, or say -l SELECTOR");
  return given.split('/').at(-1) ?? given;
}

/** Which pods are meant where not one alone is: by labels, by what owns them, by the regular expression of their names. */
async function manyPods(
  context: Context,
  flags: Flags,
): Promise<(ManyPods & { readonly takesOne: boolean }) | undefined> {
  const path = pathOf(KNOWN.pod, context.namespace);
  const [given, selector] = [text(flags, 'pod'), text(flags, 'selector')];
  if (selector !== undefined) {
    if (given !== undefined) throw new UsageError('only a selector (-l) or a POD name is allowed');
    return { path, labelSelector: selector, isWanted: () => true, takesOne: false };
  }
  // What no pod's name may hold makes a regular expression.
  const pattern = /^\/(.*)\/$/.exec(given ?? '')?.[1] ?? (/[*+?()[\]|^$\\]/.test(given ?? '') ? given : undefined);
  if (pattern !== undefined) {
    const regex = regexOf(pattern);
    return { path, labelSelector: undefined, isWanted: ({ metadata }) => regex.test(metadata.name), takesOne: false };
  }
  if (given === undefined || !given.includes('/')) return undefined;
  const [target] = parseTargets(await context.resources(), [given]);
  if (target === undefined || target.resource.kind === 'Pod') return undefined;
  const [name = ''] = target.names;
  const { value } = await context
    .client()
    .json<StoredObject>({ path: pathOf(target.resource, context.namespace, name) });
  return { path, labelSelector: podSelectorOf(value), isWanted: () => true, takesOne: true };
}

function regexOf(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new UsageError(`/${pattern}/ is no regular expression: ${error instanceof Error ? error.message : ''}`);
  }
}

/** As kubectl: of several pods of an object one stands for all, which is said. */
function oneOf(context: Context, pods: readonly Pod[], given: string): readonly Pod[] {
  const [first] = [...pods].sort(
    (a, b) =>
      Number(b.status?.phase === 'Running') - Number(a.status?.phase === 'Running') ||
      a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp),
  );
  if (first === undefined)
    throw new UsageError(`no pods of ${given} are there: kubectl-lite describe ${given} tells why`);
  if (pods.length > 1) context.note(`Found ${pods.length} pods, using pod/${first.metadata.name}\n`);
  return [first];
}
