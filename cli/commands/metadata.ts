import type { ApiObject } from '../api-object';
import { UsageError, resultName } from '../client/resources';
import { forEach, liveOrLocal, namedObjects } from '../found';
import { ChangeReport } from '../output/change-report';
import { sendPatch } from '../write-object';
import type { Command, Context, Flags } from './command';
import { isSet, selecting, text, words } from './command';
import { dryRunOf, reading, writing } from './flag-groups';

type Field = 'labels' | 'annotations';

/** `label` and `annotate`: alike but for the field and the word. */
const changing = (field: Field, name: string, done: string): Command => ({
  name,
  usage: `${name} [types..]`,
  describe: `add, change or remove ${field}: KEY=VALUE, or KEY- to remove`,
  build: (yargs) =>
    reading(selecting(writing(yargs, `kubectl-${name}`)))
      .option('overwrite', { type: 'boolean', describe: 'also change a value that is there' })
      .option('list', { type: 'boolean', describe: `show the ${field}` })
      .option('local', { type: 'boolean', describe: 'change the manifests of -f alone, without a server' })
      .option('resource-version', { type: 'string', describe: 'only if nobody has changed it since' })
      .option('all', { type: 'boolean', describe: 'everything of the type' }),
  run: (context, flags) => change(context, flags, field, done),
});

export const label = changing('labels', 'label', 'labeled');
export const annotate = changing('annotations', 'annotate', 'annotated');

/** `key=value` sets, `key-` removes; everything else is a type or a name. */
export function splitChanges(given: readonly string[]): {
  readonly targets: readonly string[];
  readonly changes: ReadonlyMap<string, string | null>;
} {
  const targets: string[] = [];
  const changes = new Map<string, string | null>();
  for (const [index, word] of given.entries()) {
    const equals = word.indexOf('=');
    if (equals > 0) changes.set(word.slice(0, equals), word.slice(equals + 1));
    else if (word.endsWith('-') && (index > 0 || changes.size > 0)) changes.set(word.slice(0, -1), null);
    else targets.push(word);
  }
  return { targets, changes };
}

async function change(context: Context, flags: Flags, field: Field, done: string): Promise<number | void> {
  const given = words(flags, 'types');
  const { targets, changes } = splitChanges(given);
  const both = given.find(
    (word) => word.endsWith('-') && given.some((other) => other.startsWith(`${word.slice(0, -1)}=`)),
  );
  if (both !== undefined)
    throw new UsageError(
      `can not both modify and remove ${field === 'labels' ? 'a label' : 'an annotation'} in the same command`,
    );
  if (changes.size === 0 && !isSet(flags, 'list'))
    throw new UsageError(`at least one ${field.slice(0, -1)} update is required: KEY=VALUE, or KEY- to remove one`);
  const report = new ChangeReport(context, flags);
  const named = await namedObjects(context, flags, targets);
  return forEach(context, named, async (each) => {
    const object = await liveOrLocal(context, flags, each);
    const present = object.metadata?.[field] ?? {};
    if (isSet(flags, 'list'))
      return show(context, named.length > 1 ? `${resultName(each.resource)}/${each.name}` : '', field, present);
    const taken = [...changes].filter(
      ([key, wanted]) => wanted !== null && present[key] !== undefined && present[key] !== wanted,
    );
    if (taken.length > 0 && !isSet(flags, 'overwrite'))
      throw new UsageError(
        `${field === 'annotations' ? '--overwrite is false but found the following declared annotation(s): ' : ''}${taken
          .map(([key]) => `'${key}' already has a value (${present[key] ?? ''})`)
          .join('; ')}${field === 'annotations' ? '' : ', and --overwrite is false'}`,
      );
    for (const [key, wanted] of field === 'labels' ? changes : [])
      if (wanted === null && present[key] === undefined) context.out(`label "${key}" not found.\n`);
    const outcome = outcomeOf(present, changes, field, done);
    if (isSet(flags, 'local') || dryRunOf(flags) === 'client')
      return report.tell(each.resource, withChanges(object, field, changes), outcome);
    const resourceVersion = text(flags, 'resource-version');
    const body = {
      metadata: { [field]: Object.fromEntries(changes), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    };
    report.tell(each.resource, await sendPatch(context, flags, each, 'merge', body), outcome);
  });
}

function outcomeOf(
  present: Readonly<Record<string, string>>,
  changes: ReadonlyMap<string, string | null>,
  field: Field,
  done: string,
): string {
  // kubectl says of annotations the same, whatever was done.
  if (field === 'annotations') return done;
  const differing = [...changes].filter(([key, wanted]) => (present[key] ?? null) !== wanted);
  if (differing.length === 0) return `not ${done}`;
  return [...changes.values()].every((wanted) => wanted === null) ? `un${done}` : done;
}

const withChanges = (object: ApiObject, field: Field, changes: ReadonlyMap<string, string | null>): ApiObject => {
  const merged = Object.entries({ ...object.metadata?.[field], ...Object.fromEntries(changes) });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== null);
  return { ...object, metadata: { ...object.metadata, [field]: Object.fromEntries(kept) } };
};

function show(context: Context, name: string, field: Field, present: Readonly<Record<string, string>>): void {
  if (name !== '') context.out(`Listing ${field} for ${name}:\n`);
  for (const [key, value] of Object.entries(present).sort(([a], [b]) => (a < b ? -1 : 1)))
    context.out(`${name === '' ? '' : ' '}${key}=${value}\n`);
}
