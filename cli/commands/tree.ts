import { StatusError } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import type { Resource } from '../client/resources';
import { UsageError, pathOf } from '../client/resources';
import { ageOf } from '../events';
import { namedObjects, readNamed } from '../found';
import { tableWidth } from '../environment';
import { layoutColumns } from '../output/columns';
import { readinessOf } from '../readiness';
import { branchesOf, treeOf } from '../tree/owned-objects';
import type { Command, Context, Flags } from './command';
import { isSet, words } from './command';

const AT_ONCE = 8;

export const tree: Command = {
  name: 'tree',
  usage: 'tree [types..]',
  describe: 'what an object owns, and how that is: TYPE/NAME',
  build: (yargs) => yargs.option('all-namespaces', { alias: 'A', type: 'boolean', describe: 'look in all namespaces' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<void> {
  const named = await namedObjects(context, { ...flags, 'all-namespaces': false }, words(flags, 'types'));
  const [target, ...more] = named;
  if (target === undefined || more.length > 0)
    throw new UsageError('name one object: kubectl-lite tree TYPE/NAME, such as tree deploy/web');
  const root = await readNamed(context, target);
  // What is in no namespace may own objects in all of them.
  const namespace = isSet(flags, 'all-namespaces') ? undefined : target.namespace;
  const { all } = await context.resources();
  const types = all.filter(
    ({ verbs, namespaced, kind }) =>
      verbs.includes('list') && (namespaced || target.namespace === undefined) && kind !== 'Event',
  );
  const found = await listAll(context, types, namespace);
  const rows = [...branchesOf(treeOf(root, found))].map(([lines, object]) => {
    const { word, done, failed } = readinessOf(object);
    return {
      cells: [
        object.metadata.namespace ?? '',
        `${lines}${object.kind}/${object.metadata.name}`,
        failed ? 'False' : done ? 'True' : '-',
        word,
        ageOf(object.metadata.creationTimestamp),
      ],
      paint: failed ? context.palette.bad : done ? context.palette.good : context.palette.warn,
    };
  });
  context.out(
    layoutColumns([['NAMESPACE', 'NAME', 'READY', 'REASON', 'AGE'], ...rows.map(({ cells }) => cells)], {
      ...tableWidth(context.environment),
      paint: (cell, row, column) => {
        if (row === 0) return context.palette.dim(cell);
        return column === 2 || column === 3 ? (rows[row - 1]?.paint(cell) ?? cell) : cell;
      },
    }),
  );
}

/** Objects of all types, those left out that this user may not see. */
async function listAll(
  context: Context,
  types: readonly Resource[],
  namespace: string | undefined,
): Promise<readonly StoredObject[]> {
  const found: StoredObject[] = [];
  const left = [...types];
  const work = async (): Promise<void> => {
    for (let type = left.shift(); type !== undefined; type = left.shift()) {
      const { kind } = type;
      try {
        const path = pathOf(type, type.namespaced ? namespace : undefined);
        const { value } = await context.client().json<ObjectList>({ path, isUnasked: true });
        found.push(...value.items.map((item) => ({ ...item, apiVersion: value.apiVersion, kind })));
      } catch (error) {
        if (!(error instanceof StatusError)) throw error;
        if (
          error.reason !== 'Forbidden' &&
          error.reason !== 'NotFound' &&
          error.reason !== 'MethodNotAllowed' &&
          error.reason !== 'ServiceUnavailable'
        )
          throw error;
        if (error.reason === 'Forbidden') context.note(`Warning: ${kind} objects are left out: ${error.message}\n`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}
