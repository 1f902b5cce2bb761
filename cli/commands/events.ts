import type { Event } from '../../shared/api/objects';
import type { ObjectList, StoredObject } from '../api-object';
import { UsageError } from '../client/resources';
import { ageOf, lastSeen } from '../events';
import { tableWidth } from '../environment';
import { layoutColumns } from '../output/columns';
import { foldLines } from '../output/fold-lines';
import { format, parseOutput } from '../output/format';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { isSet, list, text } from './command';
import { printing } from './flag-groups';

const TYPES = ['Normal', 'Warning'];

export const events: Command = {
  name: 'events',
  usage: 'events',
  describe: 'what has happened, the latest last',
  build: (yargs) =>
    printing(yargs)
      .option('for', { type: 'string', describe: 'to this object: TYPE/NAME' })
      .option('types', { type: 'string', array: true, describe: 'only Normal or Warning' })
      .option('all-namespaces', { alias: 'A', type: 'boolean', describe: 'in all namespaces' })
      .option('watch', { alias: 'w', type: 'boolean', describe: 'then show what happens' })
      .option('no-headers', { type: 'boolean', describe: 'leave out the heading' })
      .option('chunk-size', { type: 'number', default: 500, hidden: true }),
  run,
};

async function run(context: Context, flags: Flags): Promise<void> {
  const types = list(flags, 'types').map((type) => TYPES.find((each) => each.toLowerCase() === type.toLowerCase()));
  if (types.includes(undefined)) throw new UsageError('valid --types are Normal or Warning');
  const output = text(flags, 'output');
  if (output !== undefined) parseOutput(output, text(flags, 'template'), 'changes');
  const isEverywhere = isSet(flags, 'all-namespaces');
  const path = isEverywhere ? '/api/v1/events' : `/api/v1/namespaces/${encodeURIComponent(context.namespace)}/events`;
  const query = { fieldSelector: await aboutObject(context, text(flags, 'for')) };
  const { value } = await context.client().json<ObjectList>({ path, query });
  const isShown = ({ type }: Event): boolean => types.length === 0 || types.includes(type);
  const found = (value.items as unknown as Event[]).filter(isShown).sort((a, b) => seenAt(a).localeCompare(seenAt(b)));
  const isWatching = isSet(flags, 'watch');
  if (found.length === 0 && !isWatching)
    return context.note(isEverywhere ? 'No events found.\n' : `No events found in ${context.namespace} namespace.\n`);
  context.out(textOf(context, flags, found, !isSet(flags, 'no-headers')));
  if (!isWatching) return;
  const { signal } = context.environment;
  try {
    for await (const { type, object } of context
      .client()
      .watch<Event>({ path, query: { ...query, resourceVersion: value.metadata.resourceVersion }, signal }))
      if ((type === 'ADDED' || type === 'MODIFIED') && isShown(object))
        context.out(textOf(context, flags, [object], false));
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

const seenAt = (event: Event): string => event.series?.lastObservedTime ?? lastSeen(event);

async function aboutObject(context: Context, given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const [target] = parseTargets(await context.resources(), [given]);
  const [name] = target?.names ?? [];
  if (target === undefined || name === undefined)
    throw new UsageError(`--for must be in resource/name form, not "${given}"`);
  const { group, version, kind } = target.resource;
  const apiVersion = group === '' ? version : `${group}/${version}`;
  return `involvedObject.kind=${kind},involvedObject.apiVersion=${apiVersion},involvedObject.name=${name}`;
}

function textOf(context: Context, flags: Flags, found: readonly Event[], headers: boolean): string {
  const output = text(flags, 'output');
  const isEverywhere = isSet(flags, 'all-namespaces');
  if (output !== undefined) {
    const objects = (found as unknown as readonly StoredObject[]).map((each) => ({
      ...each,
      apiVersion: 'v1',
      kind: 'Event',
    }));
    const value = { apiVersion: 'v1', kind: 'EventList', items: objects, metadata: {} };
    return format(output, value, objects, {
      nameOf: ({ metadata }) => `event/${metadata?.name ?? ''}`,
      template: text(flags, 'template'),
      cwd: context.environment.cwd,
    });
  }
  const rows = found.map((event) => [
    ...(isEverywhere ? [event.metadata.namespace] : []),
    lastSeenText(event),
    event.type ?? '',
    event.reason ?? '',
    `${event.involvedObject.kind ?? ''}/${event.involvedObject.name ?? ''}`,
    (event.message ?? '').trim(),
  ]);
  const head = [...(isEverywhere ? ['NAMESPACE'] : []), 'LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE'];
  const typeColumn = isEverywhere ? 2 : 1;
  const { width } = tableWidth(context.environment);
  const isNarrow = width !== undefined && width < NARROW;
  const lines = [...(headers ? [head] : []), ...rows];
  const table = layoutColumns(isNarrow ? lines.map((cells) => cells.slice(0, -1)) : lines, {
    ...(width === undefined ? {} : { width }),
    headers,
    names: typeColumn + 2,
    paint: (cell, row, column) => {
      if (headers && row === 0) return context.palette.dim(cell);
      return column === typeColumn && cell === 'Warning' ? context.palette.warn(cell) : cell;
    },
  });
  if (!isNarrow) return table;
  const messages = lines.map((cells, row) => (headers && row === 0 ? '' : (cells.at(-1) ?? '')));
  return table
    .trimEnd()
    .split('\n')
    .map((line, row) => `${line}\n${below(messages[row] ?? '', width)}`)
    .join('');
}

/** A terminal narrower than this has no room for messages beside the rest: they stand below. */
const NARROW = 120;

const below = (message: string, width: number): string =>
  message === '' ? '' : `${foldLines(`  ${message.replace(/\s+/g, ' ')}`, width)}\n`;

function lastSeenText(event: Event): string {
  const count = event.series?.count ?? event.count ?? 1;
  const last = ageOf(seenAt(event));
  return count > 1 ? `${last} (x${count} over ${ageOf(event.firstTimestamp ?? event.eventTime)})` : last;
}
