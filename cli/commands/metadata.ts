import type { StoredObject } from '../api-object';
import { UsageError, pathOf, resultName } from '../client/resources';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { isSet, selecting, text, words } from './command';

/** `label` and `annotate`: alike but for the field and the word. */
const changing = (field: 'labels' | 'annotations', name: string, done: string): Command => ({
  name,
  usage: `${name} <types..>`,
  describe: `add, change or remove ${field}: KEY=VALUE, or KEY- to remove`,
  build: (yargs) =>
    selecting(yargs)
      .option('overwrite', { type: 'boolean', describe: 'also change a value that is there' })
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
    else if (index > 0 && word.endsWith('-')) changes.set(word.slice(0, -1), null);
    else targets.push(word);
  }
  return { targets, changes };
}

async function change(
  context: Context,
  flags: Flags,
  field: 'labels' | 'annotations',
  done: string,
): Promise<number | void> {
  const { targets, changes } = splitChanges(words(flags, 'types'));
  if (changes.size === 0) throw new UsageError(`say what to change: KEY=VALUE, or KEY- to remove`);
  let failed = false;
  for (const { resource, names } of parseTargets(await context.resources(), targets)) {
    const namespace = resource.namespaced ? context.namespace : undefined;
    for (const name of await chosen(context, flags, pathOf(resource, namespace), names)) {
      const path = pathOf(resource, namespace, name);
      const { value } = await context.client().json<StoredObject>({ path });
      const present = value.metadata[field] ?? {};
      const taken = [...changes].find(
        ([key, wanted]) => wanted !== null && present[key] !== undefined && present[key] !== wanted,
      );
      if (taken !== undefined && !isSet(flags, 'overwrite')) {
        context.note(
          `error: '${taken[0]}' already has a value (${present[taken[0]] ?? ''}), and --overwrite is false\n`,
        );
        failed = true;
        continue;
      }
      const body = { metadata: { [field]: Object.fromEntries(changes) } };
      await context.client().json({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });
      const removesOnly = [...changes.values()].every((wanted) => wanted === null);
      context.out(`${resultName(resource)}/${name} ${removesOnly ? `un${done}` : done}\n`);
    }
  }
  return failed ? 1 : undefined;
}

async function chosen(
  context: Context,
  flags: Flags,
  path: string,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length > 0) return names;
  const labelSelector = text(flags, 'selector');
  if (labelSelector === undefined && !isSet(flags, 'all'))
    throw new UsageError('name objects, or say -l SELECTOR or --all');
  const { value } = await context.client().json<{ items: StoredObject[] }>({ path, query: { labelSelector } });
  return value.items.map(({ metadata }) => metadata.name);
}
