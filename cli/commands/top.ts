import { systemClock } from '../../shared/clock';
import { milliOf, unitsOf } from '../../shared/quantity';
import { UsageError } from '../client/resources';
import { tableWidth } from '../environment';
import { layoutColumns } from '../output/columns';
import type { Command, Context, Flags } from './command';
import { isSet, selecting, text } from './command';

const REFRESH_MS = 2_000;
const NODES = ['node', 'nodes', 'no'];
const PODS = ['pod', 'pods', 'po'];

interface Worker {
  readonly name: string;
  readonly state: string;
  readonly usage?: {
    readonly cpuMilli: number;
    readonly cpuPercent: number;
    readonly memoryUsedBytes: number;
    readonly memoryAvailableBytes: number;
    readonly diskUsedBytes: number;
    readonly diskTotalBytes: number;
    readonly networkRxBytesPerSecond: number;
    readonly networkTxBytesPerSecond: number;
  };
}

interface PodMetrics {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly containers: readonly {
    readonly name: string;
    readonly usage: { readonly cpu: string; readonly memory: string };
  }[];
}

export const top: Command = {
  name: 'top',
  usage: 'top [what] [name]',
  describe: 'live figures: top nodes, top pods',
  build: (yargs) =>
    selecting(yargs)
      .option('watch', { alias: 'w', type: 'boolean', describe: 'go on' })
      .option('no-headers', { type: 'boolean', describe: 'leave out the heading' })
      .option('containers', { type: 'boolean', describe: 'of pods: a line for each container' })
      .option('sum', { type: 'boolean', describe: 'of pods: with a last line of the sum' })
      .option('sort-by', { type: 'string', describe: 'cpu or memory: the most first' })
      .option('show-capacity', { type: 'boolean', hidden: true })
      .option('use-protocol-buffers', { type: 'boolean', hidden: true }),
  run,
  next: (flags) => (isSet(flags, 'watch') ? undefined : `kubectl-lite top ${text(flags, 'what') ?? 'nodes'} -w`),
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const what = text(flags, 'what') ?? '';
  if (!NODES.includes(what) && !PODS.includes(what)) {
    throw new UsageError(
      what === '' ? 'say of what: top nodes, or top pods' : `there are no figures of "${what}": top nodes, or top pods`,
    );
  }
  const by = text(flags, 'sort-by');
  if (by !== undefined && by !== 'cpu' && by !== 'memory')
    throw new UsageError(`--sort-by accepts only cpu or memory, not ${by}`);
  const rows = (): Promise<readonly string[][]> =>
    NODES.includes(what) ? nodeRows(context, flags) : podRows(context, flags);
  const { signal, stdout } = context.environment;
  for (let lines = 0; ;) {
    const all = await rows();
    const table = layoutColumns(isSet(flags, 'no-headers') ? all.slice(1) : all, tableWidth(context.environment));
    if (lines > 0 && stdout.isTTY === true) context.out(`\x1b[${lines}A\x1b[J`);
    context.out(table);
    lines = table.split('\n').length - 1;
    if (!isSet(flags, 'watch') || signal.aborted) return;
    await systemClock.sleep(REFRESH_MS, signal).catch(() => undefined);
  }
}

async function nodeRows(context: Context, flags: Flags): Promise<readonly string[][]> {
  const { value } = await context.client().json<{ items: Worker[] }>({ path: '/nodes' });
  const nodes = onlyNamed(value.items, flags, 'nodes', ({ name }) => name);
  return [
    ['NAME', 'STATE', 'CPU(cores)', 'CPU(%)', 'MEMORY(bytes)', 'MEMORY(%)', 'DISK(%)', 'RX/s', 'TX/s'],
    ...nodes.map(nodeRow),
  ];
}

/** Those by the name on the command line, if there is one. Throws UsageError where there is none of them. */
function onlyNamed<T>(items: readonly T[], flags: Flags, plural: string, nameOf: (item: T) => string): readonly T[] {
  const wanted = text(flags, 'name');
  const found = items.filter((item) => wanted === undefined || nameOf(item) === wanted);
  if (found.length === 0 && wanted !== undefined)
    throw new UsageError(`there are no figures of ${plural} "${wanted}" yet, or no such object`);
  return found;
}

const mebi = (bytes: number): string => `${Math.round(bytes / 2 ** 20)}Mi`;
const percent = (part: number, whole: number): string => (whole === 0 ? '0%' : `${Math.round((part / whole) * 100)}%`);

function nodeRow({ name, state, usage }: Worker): string[] {
  if (usage === undefined) return [name, state, ...Array<string>(7).fill('<unknown>')];
  return [
    name,
    state,
    `${usage.cpuMilli}m`,
    `${Math.round(usage.cpuPercent)}%`,
    mebi(usage.memoryUsedBytes),
    percent(usage.memoryUsedBytes, usage.memoryUsedBytes + usage.memoryAvailableBytes),
    percent(usage.diskUsedBytes, usage.diskTotalBytes),
    mebi(usage.networkRxBytesPerSecond),
    mebi(usage.networkTxBytesPerSecond),
  ];
}

interface Line {
  readonly names: readonly string[];
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}

async function podRows(context: Context, flags: Flags): Promise<readonly string[][]> {
  const everywhere = isSet(flags, 'all-namespaces');
  const place = everywhere ? '' : `namespaces/${context.namespace}/`;
  const { value } = await context.client().json<{ items: PodMetrics[] }>({
    path: `/apis/metrics.k8s.io/v1beta1/${place}pods`,
    query: { labelSelector: text(flags, 'selector') },
  });
  const inContainers = isSet(flags, 'containers');
  const pods = onlyNamed(value.items, flags, 'pods', ({ metadata }) => metadata.name);
  const lines = pods.flatMap(({ metadata, containers }): readonly Line[] => {
    const names = [...(everywhere ? [metadata.namespace] : []), metadata.name];
    const each = containers.map(({ name, usage }) => ({
      names: [...names, name],
      cpuMilli: milliOf(usage.cpu),
      memoryBytes: unitsOf(usage.memory),
    }));
    if (inContainers) return each;
    const sum = (of: 'cpuMilli' | 'memoryBytes'): number => each.reduce((total, line) => total + line[of], 0);
    return [{ names, cpuMilli: sum('cpuMilli'), memoryBytes: sum('memoryBytes') }];
  });
  return [
    [
      ...(everywhere ? ['NAMESPACE'] : []),
      ...(inContainers ? ['POD', 'NAME'] : ['NAME']),
      'CPU(cores)',
      'MEMORY(bytes)',
    ],
    ...sorted(lines, text(flags, 'sort-by')).map((line) => [...line.names, ...amountsOf(line)]),
    ...(isSet(flags, 'sum') ? sumRows(lines) : []),
  ];
}

const amountsOf = ({ cpuMilli, memoryBytes }: Omit<Line, 'names'>): readonly string[] => [
  `${cpuMilli}m`,
  mebi(memoryBytes),
];

/** A line below that of all together. */
function sumRows(lines: readonly Line[]): readonly string[][] {
  const sum = (of: 'cpuMilli' | 'memoryBytes'): number => lines.reduce((total, line) => total + line[of], 0);
  const before = Array<string>(Math.max(0, (lines[0]?.names.length ?? 1) - 1)).fill('');
  return [
    [...before, '', '________', '________'],
    [...before, '', ...amountsOf({ cpuMilli: sum('cpuMilli'), memoryBytes: sum('memoryBytes') })],
  ];
}

function sorted(lines: readonly Line[], by: string | undefined): readonly Line[] {
  if (by === undefined) return lines;
  const of = by === 'cpu' ? 'cpuMilli' : 'memoryBytes';
  return [...lines].sort((a, b) => b[of] - a[of]);
}
