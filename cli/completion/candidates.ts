import yargs from 'yargs';
import type { Argv } from 'yargs';
import { pathOf } from '../client/resources';
import type { Command, Context } from '../commands/command';
import { SHELLS } from './scripts';

/** Commands whose words are a type and then names of it. */
const BY_TYPE = new Set([
  ...[
    'get',
    'describe',
    'delete',
    'label',
    'annotate',
    'wait',
    'edit',
    'patch',
    'scale',
    'autoscale',
    'expose',
    'tree',
  ],
  ...['explain', 'taint', 'rollout status', 'rollout history', 'rollout undo', 'rollout pause', 'rollout resume'],
  ...['rollout restart', 'set image', 'set env', 'set resources', 'set selector', 'set serviceaccount', 'set subject'],
]);
const OF_PODS = new Set(['logs', 'exec', 'attach', 'port-forward', 'why', 'cp', 'debug']);
const OF_NODES = new Set(['cordon', 'uncordon', 'drain']);
const OF_CONTEXTS = new Set([
  'config use-context',
  'config set-context',
  'config delete-context',
  'config rename-context',
]);
const WORDS: Readonly<Record<string, readonly string[]>> = {
  top: ['nodes', 'pods'],
  completion: SHELLS,
};
/** What may follow flags whose values are few, or are names. */
const FLAG_VALUES: Readonly<Record<string, (context: Context) => readonly string[] | Promise<readonly string[]>>> = {
  '--output': () => ['custom-columns=', 'json', 'jsonpath=', 'kyaml', 'name', 'wide', 'yaml'],
  '-o': () => ['custom-columns=', 'json', 'jsonpath=', 'kyaml', 'name', 'wide', 'yaml'],
  '--dry-run': () => ['client', 'none', 'server'],
  '--type': () => ['json', 'merge', 'strategic'],
  '--namespace': (context) => namesOf('namespaces', context),
  '-n': (context) => namesOf('namespaces', context),
  '--context': (context) => context.kubeconfig().merged.contexts.map(({ name }) => name),
};

/**
 * What may stand in place of the last of `words` (the words of the line so far, the program's name left out). Asks the
 * server for types and names; where none answers there is nothing to offer. `globalFlags`: what every command takes.
 */
export async function candidatesFor(
  words: readonly string[],
  commands: readonly Command[],
  context: Context,
  globalFlags: (parser: Argv) => Argv = (parser) => parser,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const given = words.slice(0, -1);
  const before = given.filter((word, index) => !word.startsWith('-') && !takesValue(given[index - 1]));
  const { path, command, rest } = follow(before, commands);
  const found = await candidates().catch((): readonly string[] => []);
  return [...new Set(found)].filter((candidate) => candidate.startsWith(current)).sort();

  async function candidates(): Promise<readonly string[]> {
    const ofFlag = takesValue(given.at(-1)) ? FLAG_VALUES[given.at(-1) ?? ''] : undefined;
    if (ofFlag !== undefined) return ofFlag(context);
    if (command === undefined) return current.startsWith('-') ? [] : commands.map(({ name }) => name);
    if (current.startsWith('-')) return flagsOf(command, globalFlags);
    if (rest.length === 0 && command.subcommands !== undefined) return command.subcommands.map(({ name }) => name);
    return argumentsOf(path, rest, context, current);
  }
}

const takesValue = (word: string | undefined): boolean => word !== undefined && Object.hasOwn(FLAG_VALUES, word);

/** The command that words lead to, and what is left of them. */
function follow(
  words: readonly string[],
  commands: readonly Command[],
): { readonly path: string; readonly command: Command | undefined; readonly rest: readonly string[] } {
  const [word, ...rest] = words;
  const command = commands.find(({ name, aliases = [] }) => name === word || aliases.includes(word ?? ''));
  if (command === undefined) return { path: '', command: undefined, rest: words };
  const below = follow(rest, command.subcommands ?? []);
  if (below.command === undefined) return { path: command.name, command, rest };
  return { ...below, path: `${command.name} ${below.path}` };
}

/** As the help lists them. */
async function flagsOf(command: Command, globalFlags: (parser: Argv) => Argv): Promise<readonly string[]> {
  const help = await command.build(globalFlags(yargs([]).version(false).wrap(null))).getHelp();
  return [...help.matchAll(/^ +(?:-\w, )?(--[\w-]+)/gm)].map(([, flag = '']) => flag);
}

async function argumentsOf(
  path: string,
  rest: readonly string[],
  context: Context,
  current: string,
): Promise<readonly string[]> {
  const [type] = rest;
  if (BY_TYPE.has(path)) {
    const [of = '', name] = current.split('/');
    if (name !== undefined) return (await namesOf(of, context)).map((each) => `${of}/${each}`);
    return type === undefined ? typesIn(context) : namesOf(type, context);
  }
  if (OF_PODS.has(path)) return rest.length === 0 ? namesOf('pods', context) : [];
  if (OF_NODES.has(path)) return namesOf('nodes', context);
  if (OF_CONTEXTS.has(path)) return context.kubeconfig().merged.contexts.map(({ name }) => name);
  return rest.length === 0 ? (WORDS[path] ?? []) : [];
}

async function typesIn(context: Context): Promise<readonly string[]> {
  const { all } = await context.resources();
  return [...new Set(all.filter(({ verbs }) => verbs.includes('list')).map(({ plural }) => plural))];
}

async function namesOf(type: string, context: Context): Promise<readonly string[]> {
  const resource = (await context.resources()).find(type);
  const { value } = await context.client().json<{ items: { metadata: { name: string } }[] }>({
    path: pathOf(resource, resource.namespaced ? context.namespace : undefined),
    accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  });
  return value.items.map(({ metadata }) => metadata.name);
}
