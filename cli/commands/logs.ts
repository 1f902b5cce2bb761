import type { Pod } from '../../shared/api/objects';
import type { ObjectList } from '../api-object';
import { UsageError } from '../client/resources';
import { podNameOf } from '../targets';
import type { Command, Context, Flags } from './command';
import { count, isSet, parseSeconds, text } from './command';

/** One container whose log is shown. */
interface Source {
  readonly pod: string;
  readonly container: string | undefined;
  readonly prefix: string;
}

export const logs: Command = {
  name: 'logs',
  usage: 'logs [pod] [container]',
  describe: 'show what containers print',
  build: (yargs) =>
    yargs
      .option('follow', { alias: 'f', type: 'boolean', describe: 'go on with what comes' })
      .option('previous', { alias: 'p', type: 'boolean', describe: 'of the container that ran before' })
      .option('container', { alias: 'c', type: 'string', describe: 'of several' })
      .option('all-containers', { type: 'boolean', describe: 'of all containers' })
      .option('selector', { alias: 'l', type: 'string', describe: 'of all pods with these labels' })
      .option('tail', { type: 'number', describe: 'only the last lines' })
      .option('since', { type: 'string', describe: 'only of this long, such as 10m' })
      .option('since-time', { type: 'string', describe: 'only from this time on (RFC 3339)' })
      .option('timestamps', { type: 'boolean', describe: 'with the time of each line' })
      .option('limit-bytes', { type: 'number', describe: 'at most this much' })
      .option('prefix', { type: 'boolean', describe: 'name the source of each line' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const since = text(flags, 'since');
  const sinceSeconds = since === undefined ? undefined : parseSeconds(since);
  if (since !== undefined && sinceSeconds === undefined)
    throw new UsageError(`--since ${since}: must be a duration such as 10m`);
  const selector = text(flags, 'selector');
  const query = {
    follow: isSet(flags, 'follow') || undefined,
    previous: isSet(flags, 'previous') || undefined,
    timestamps: isSet(flags, 'timestamps') || undefined,
    tailLines: count(flags, 'tail') ?? (selector === undefined ? undefined : 10),
    sinceSeconds,
    sinceTime: text(flags, 'since-time'),
    limitBytes: count(flags, 'limit-bytes'),
  };
  const copyAll = async (sources: readonly Source[]): Promise<void> => {
    if (query.follow === true) await Promise.all(sources.map((source) => copy(context, source, query)));
    else for (const source of sources) await copy(context, source, query);
  };
  if (selector === undefined) return copyAll(await sourcesOf(context, flags));
  const seen = new Set<string>();
  const ofPods = (pods: readonly Pod[]): readonly Source[] =>
    pods
      .filter(({ metadata, status }) => status?.phase !== 'Pending' && !seen.has(metadata.uid))
      .flatMap((pod) => {
        seen.add(pod.metadata.uid);
        return containersOf(pod).map((container) => ({
          pod: pod.metadata.name,
          container,
          prefix: context.palette.source(seen.size, `[${pod.metadata.name} ${container}] `),
        }));
      });
  const path = `/api/v1/namespaces/${context.namespace}/pods`;
  const { value } = await context.client().json<ObjectList>({ path, query: { labelSelector: selector } });
  const first = copyAll(ofPods(value.items as unknown as readonly Pod[]));
  if (query.follow !== true) return first;
  // Pods that come later join in.
  const later: Promise<void>[] = [first];
  const { signal } = context.environment;
  try {
    for await (const { object } of context.client().watch<Pod>({
      path,
      query: { labelSelector: selector, resourceVersion: value.metadata.resourceVersion },
      signal,
    })) {
      later.push(copyAll(ofPods([object])));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  await Promise.all(later);
}

const containersOf = (pod: Pod): readonly string[] => pod.spec.containers.map(({ name }) => name);

async function sourcesOf(context: Context, flags: Flags): Promise<readonly Source[]> {
  const given = text(flags, 'pod');
  if (given === undefined) throw new UsageError('name a pod, or say -l SELECTOR');
  const pod = podNameOf(given);
  const one = text(flags, 'container');
  if (!isSet(flags, 'all-containers'))
    return [
      { pod, container: one, prefix: isSet(flags, 'prefix') ? `[${pod}${one === undefined ? '' : ` ${one}`}] ` : '' },
    ];
  const { value } = await context.client().json<Pod>({ path: `/api/v1/namespaces/${context.namespace}/pods/${pod}` });
  const names = [...(value.spec.initContainers ?? []).map(({ name }) => name), ...containersOf(value)];
  return names.map((container, index) => ({
    pod,
    container,
    prefix: isSet(flags, 'prefix') ? context.palette.source(index, `[${pod} ${container}] `) : '',
  }));
}

async function copy(
  context: Context,
  { pod, container, prefix }: Source,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): Promise<void> {
  const { signal, stdout } = context.environment;
  try {
    const response = await context.client().open({
      path: `/api/v1/namespaces/${context.namespace}/pods/${encodeURIComponent(pod)}/log`,
      query: { ...query, container },
      signal,
    });
    let rest = '';
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (prefix === '') {
        // Bytes as they are: a log need not be text.
        if (!stdout.write(chunk)) await new Promise((resolve) => stdout.once('drain', resolve));
        continue;
      }
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) context.out(`${prefix}${line}\n`);
    }
    if (rest !== '') context.out(`${prefix}${rest}\n`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
