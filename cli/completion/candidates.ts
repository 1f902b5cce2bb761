import type { Context } from '../commands/command';
import { pathOf } from '../client/resources';
import type { Command } from '../commands/command';

/** Commands whose words are a type and then names of it. */
const BY_TYPE = new Set(['get', 'describe', 'delete', 'label', 'annotate', 'wait']);
const OF_PODS = new Set(['logs', 'exec', 'attach', 'port-forward', 'why', 'cp']);
const OF_NODES = new Set(['cordon', 'uncordon', 'drain']);
const WORDS: Readonly<Record<string, readonly string[]>> = {
  top: ['nodes', 'pods'],
  config: ['view', 'get-contexts', 'current-context', 'use-context', 'set-context'],
  completion: ['bash', 'zsh'],
};

/**
 * What may stand in place of the last of `words` (the words of the line so far, the program's name left out). Asks the
 * server for types and names; where none answers there is nothing to offer.
 */
export async function candidatesFor(
  words: readonly string[],
  commands: readonly Command[],
  context: Context,
): Promise<readonly string[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1).filter((word) => !word.startsWith('-'));
  const [command, ...rest] = before;
  const found =
    command === undefined
      ? commands.map(({ name }) => name)
      : await argumentsOf(command, rest, context).catch(() => [] as readonly string[]);
  return found.filter((candidate) => candidate.startsWith(current)).sort();
}

async function argumentsOf(command: string, rest: readonly string[], context: Context): Promise<readonly string[]> {
  const [type] = rest;
  if (BY_TYPE.has(command)) return type === undefined ? typesIn(context) : namesOf(type, context);
  if (OF_PODS.has(command)) return rest.length === 0 ? namesOf('pods', context) : [];
  if (OF_NODES.has(command)) return rest.length === 0 ? namesOf('nodes', context) : [];
  return rest.length === 0 ? (WORDS[command] ?? []) : [];
}

async function typesIn(context: Context): Promise<readonly string[]> {
  const { all } = await context.resources();
  return [...new Set(all.filter(({ verbs }) => verbs.includes('list')).map(({ plural }) => plural))];
}

async function namesOf(type: string, context: Context): Promise<readonly string[]> {
  const resource = (await context.resources()).find(type);
  const { value } = await context.client().json<{ items: { metadata: { name: string } }[] }>({
    path: pathOf(resource, context.namespace),
    accept: 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json',
  });
  return value.items.map(({ metadata }) => metadata.name);
}
