import { isNotFound } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import { UsageError, pathOf } from '../client/resources';
import { describeObject, hasEvents } from '../describe/describe-object';
import { eventsText } from '../describe/events-text';
import { eventsAbout } from '../events';
import type { Named } from '../found';
import { forEach, namedObjects, readNamed } from '../found';
import { namesManifests } from '../given-manifests';
import { tableWidth } from '../environment';
import { foldLines } from '../output/fold-lines';
import { alignTabs } from '../output/tabs';
import type { Command, Context, Flags } from './command';
import { isSet, selecting, words } from './command';
import { reading } from './flag-groups';

export const describe: Command = {
  name: 'describe',
  usage: 'describe [types..]',
  describe: 'tell all about objects, with their events',
  build: (yargs) =>
    reading(selecting(yargs))
      .option('show-events', { type: 'boolean', default: true, describe: 'with their events' })
      .option('chunk-size', { type: 'number', default: 500, hidden: true }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const given = words(flags, 'types');
  if (given.length === 0 && !namesManifests(flags))
    throw new UsageError(
      'You must specify the type of resource to describe. Use "kubectl-lite api-resources" for a complete list of supported resources.',
    );
  const named = await chosen(context, flags, given);
  if (named.length === 0) {
    const isEverywhere = isSet(flags, 'all-namespaces');
    context.note(isEverywhere ? 'No resources found\n' : `No resources found in ${context.namespace} namespace.\n`);
    return;
  }
  const { width } = tableWidth(context.environment);
  let isFirst = true;
  return forEach(context, named, async (each) => {
    const { objects, isExact } = await read(context, each);
    for (const object of objects) {
      const told = foldLines(await textOf(context, flags, object), width);
      context.out(isExact ? `${isFirst ? '' : '\n\n'}${told}` : `${told}\n`);
      isFirst = false;
    }
  });
}

const chosen = (context: Context, flags: Flags, given: readonly string[]): Promise<readonly Named[]> =>
  namedObjects(context, flags, given, { typeAloneIsAll: true });

/** The object by that name, or where there is none those whose names begin so. Throws StatusError. */
async function read(
  context: Context,
  named: Named,
): Promise<{ readonly objects: readonly StoredObject[]; readonly isExact: boolean }> {
  try {
    return { objects: [await readNamed(context, named)], isExact: true };
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const { value } = await context.client().json<ObjectList>({ path: pathOf(named.resource, named.namespace) });
    const found = value.items.filter(({ metadata }) => metadata.name.startsWith(named.name));
    if (found.length === 0) throw error;
    const { kind } = named.resource;
    const objects = found.map((item) => ({ ...item, apiVersion: item.apiVersion ?? value.apiVersion, kind }));
    return { objects, isExact: false };
  }
}

async function textOf(context: Context, flags: Flags, object: StoredObject): Promise<string> {
  const told = await describeObject(context, object);
  if (flags['show-events'] === false || !hasEvents(object)) return alignTabs(told);
  return alignTabs(`${told}${eventsText(await eventsAbout(context, object))}`);
}
