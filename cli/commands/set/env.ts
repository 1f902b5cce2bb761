import type { Container } from '../../../shared/api/objects';
import type { ApiObject, StoredObject } from '../../api-object';
import { UsageError, pathOf } from '../../client/resources';
import type { Named } from '../../found';
import { liveOrLocal, namedObjects } from '../../found';
import { readAll } from '../../manifests';
import { podTemplateOf } from '../../pod-template';
import { parseTargets } from '../../targets';
import type { Command, Context, Flags } from '../command';
import { isSet, list, text, words } from '../command';
import { chosenBy, containersFlag, mapChosenContainers } from './containers';
import { setOnEach, settingFlags } from './setting';

type Variable = NonNullable<Container['env']>[number];

export const env: Command = {
  name: 'env',
  usage: 'env [words..]',
  describe: 'which variables containers have: NAME=VALUE, or NAME- to remove',
  build: (yargs) =>
    containersFlag(settingFlags(yargs))
      .option('env', { alias: 'e', type: 'string', array: true, describe: 'NAME=VALUE' })
      .option('from', { type: 'string', describe: 'all of configmap/NAME or secret/NAME' })
      .option('keys', { type: 'string', array: true, describe: 'of that only these keys' })
      .option('prefix', { type: 'string', describe: 'what their names begin with' })
      .option('overwrite', { type: 'boolean', default: true, describe: 'also variables that are there' })
      .option('resolve', { type: 'boolean', describe: 'with --list: what values from elsewhere are' })
      .option('list', { type: 'boolean', describe: 'show what there is' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const given = words(flags, 'words');
  const isChange = (word: string): boolean => word.includes('=') || /^[A-Za-z_][\w.-]*-$/.test(word);
  const targets = given.filter((word) => !isChange(word) && word !== '-');
  const piped = given.includes('-') ? await readPairs(context) : [];
  const changes = [...given.filter(isChange), ...words(flags, 'env'), ...piped];
  if (isSet(flags, 'list')) return listThem(context, flags, targets);
  const from = text(flags, 'from');
  if (changes.length === 0 && from === undefined)
    throw new UsageError('at least one environment variable must be provided: NAME=VALUE, or NAME- to remove one');
  const removed = changes.filter((word) => !word.includes('=')).map((word) => word.slice(0, -1));
  const set: Variable[] = [
    ...(from === undefined ? [] : await variablesFrom(context, flags, from)),
    ...changes
      .filter((word) => word.includes('='))
      .map((word) => ({ name: word.slice(0, word.indexOf('=')), value: word.slice(word.indexOf('=') + 1) })),
  ];
  return setOnEach(context, flags, targets, 'env updated', (object) =>
    mapChosenContainers(object, flags, (container) => ({
      ...container,
      env: changed(container.env ?? [], set, removed, flags.overwrite !== false),
    })),
  );
}

/** NAME=VALUE on each line of the input. */
async function readPairs(context: Context): Promise<readonly string[]> {
  const lines = (await readAll(context.environment.stdin)).split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function changed(
  present: readonly Variable[],
  set: readonly Variable[],
  removed: readonly string[],
  overwrite: boolean,
): Variable[] {
  const taken = set.find(({ name }) => present.some((each) => each.name === name));
  if (taken !== undefined && !overwrite)
    throw new UsageError(
      `'${taken.name}' already has a value (${present.find(({ name }) => name === taken.name)?.value ?? ''}), and --overwrite is false`,
    );
  const kept = present
    .filter(({ name }) => !removed.includes(name))
    .map((each) => set.find(({ name }) => name === each.name) ?? each);
  return [...kept, ...set.filter(({ name }) => !present.some((each) => each.name === name))];
}

/** A variable for each key, named as the environment wants names. */
async function variablesFrom(context: Context, flags: Flags, from: string): Promise<readonly Variable[]> {
  const [target] = parseTargets(await context.resources(), [from]);
  const [source] = target?.names ?? [];
  if (target === undefined || source === undefined || !['configmaps', 'secrets'].includes(target.resource.plural))
    throw new UsageError(`--from ${from}: must be configmap/NAME or secret/NAME`);
  const { value } = await context.client().json<StoredObject & { readonly data?: Readonly<Record<string, string>> }>({
    path: pathOf(target.resource, context.namespace, source),
  });
  const wanted = list(flags, 'keys');
  return Object.keys(value.data ?? {})
    .filter((key) => wanted.length === 0 || wanted.includes(key))
    .sort()
    .map((key) => {
      const reference = { key, name: source };
      const name = `${text(flags, 'prefix') ?? ''}${key.toUpperCase().replace(/[^A-Z0-9_]/g, '_')}`;
      const isSecret = target.resource.plural === 'secrets';
      return { name, valueFrom: isSecret ? { secretKeyRef: reference } : { configMapKeyRef: reference } };
    });
}

async function listThem(context: Context, flags: Flags, targets: readonly string[]): Promise<void> {
  for (const named of await namedObjects(context, flags, targets)) {
    const object: ApiObject = await liveOrLocal(context, flags, named);
    const spec = podTemplateOf(object)?.spec;
    const isChosen = chosenBy(flags);
    for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].filter(isChosen)) {
      context.out(`# ${named.resource.kind} ${named.name}, container ${container.name}\n`);
      for (const variable of container.env ?? [])
        context.out(`${isSet(flags, 'resolve') ? await resolved(context, named, variable) : lineOf(variable)}\n`);
    }
  }
}

/** With the value that a key of another object has now. */
async function resolved(context: Context, { namespace }: Named, variable: Variable): Promise<string> {
  const { configMapKeyRef, secretKeyRef } = variable.valueFrom ?? {};
  const reference = configMapKeyRef ?? secretKeyRef;
  if (reference === undefined) return lineOf(variable);
  const resource = (await context.resources()).find(configMapKeyRef === undefined ? 'secrets' : 'configmaps');
  const { value } = await context.client().json<{ readonly data?: Readonly<Record<string, string>> }>({
    path: pathOf(resource, namespace, reference.name ?? ''),
  });
  const text = value.data?.[reference.key] ?? '';
  const shown = secretKeyRef === undefined ? text : Buffer.from(text, 'base64').toString('utf8');
  return `${variable.name}=${shown}`;
}

function lineOf({ name, value, valueFrom }: Variable): string {
  if (valueFrom?.configMapKeyRef !== undefined)
    return `# ${name} from configmap ${valueFrom.configMapKeyRef.name ?? ''}, key ${valueFrom.configMapKeyRef.key}`;
  if (valueFrom?.secretKeyRef !== undefined)
    return `# ${name} from secret ${valueFrom.secretKeyRef.name ?? ''}, key ${valueFrom.secretKeyRef.key}`;
  if (valueFrom?.fieldRef !== undefined) return `# ${name} from field path ${valueFrom.fieldRef.fieldPath}`;
  return valueFrom === undefined ? `${name}=${value ?? ''}` : `# ${name} from ${Object.keys(valueFrom).join()}`;
}
