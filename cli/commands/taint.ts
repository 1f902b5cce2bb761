import type { Node } from '../../shared/api/objects';
import type { ApiObject } from '../api-object';
import { UsageError } from '../client/resources';
import { forEach, namedObjects, readNamed } from '../found';
import { ChangeReport } from '../output/change-report';
import { sendPatch } from '../write-object';
import type { Command, Context, Flags } from './command';
import { isSet, words } from './command';
import { choosing, dryRunOf, writing } from './flag-groups';

type Taint = NonNullable<NonNullable<Node['spec']>['taints']>[number];

const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

export const taint: Command = {
  name: 'taint',
  usage: 'taint [words..]',
  describe: 'keep pods from nodes: KEY=VALUE:EFFECT, or KEY- to remove',
  build: (yargs) =>
    choosing(writing(yargs, 'kubectl-taint')).option('overwrite', {
      type: 'boolean',
      describe: 'also change a taint that is there',
    }),
  run,
};

interface Changes {
  readonly added: readonly Taint[];
  readonly removed: readonly Pick<Taint, 'key' | 'effect'>[];
}

async function run(context: Context, flags: Flags): Promise<number | void> {
  const given = words(flags, 'words');
  const [type = ''] = given;
  const resource = (await context.resources()).find(type.split('/')[0] ?? '');
  if (resource.kind !== 'Node') throw new UsageError(`invalid resource type ${type}, only node types are supported`);
  const isTaint = (word: string): boolean => /[=:]/.test(word) || word.endsWith('-');
  const changes = parseTaints(given.slice(1).filter(isTaint));
  if (changes.added.length + changes.removed.length === 0)
    throw new UsageError('at least one taint update is required');
  const report = new ChangeReport(context, flags);
  const named = await namedObjects(context, flags, [type, ...given.slice(1).filter((word) => !isTaint(word))]);
  return forEach(context, named, async (each) => {
    const node = await readNamed(context, each);
    const present = (node as unknown as Node).spec?.taints ?? [];
    const { taints, done } = changed(each.name, present, changes, isSet(flags, 'overwrite'));
    const after: ApiObject = { ...node, spec: { ...(node.spec as object | undefined), taints } };
    if (dryRunOf(flags) === 'client') return report.tell(resource, after, done);
    const body = { metadata: { resourceVersion: node.metadata.resourceVersion }, spec: { taints } };
    report.tell(resource, await sendPatch(context, flags, each, 'merge', body), done);
  });
}

/** `key=value:Effect`, `key:Effect`, `key-`, `key:Effect-`. Throws UsageError. */
export function parseTaints(given: readonly string[]): Changes {
  const added: Taint[] = [];
  const removed: Pick<Taint, 'key' | 'effect'>[] = [];
  for (const word of given) {
    const isRemoved = word.endsWith('-');
    const match = /^(?<key>[^=:]+)(=(?<value>[^:]*))?(:(?<effect>[^:]+))?$/.exec(
      isRemoved ? word.slice(0, -1) : word,
    )?.groups;
    const { key = '', value, effect = '' } = match ?? {};
    if (match === undefined || (!isRemoved && effect === ''))
      throw new UsageError(`invalid taint spec: ${word}: must be KEY=VALUE:EFFECT, or KEY- to remove`);
    if (effect !== '' && !EFFECTS.includes(effect))
      throw new UsageError(`invalid taint effect: ${effect}, unsupported taint effect: must be ${EFFECTS.join(', ')}`);
    if (isRemoved) removed.push({ key, effect });
    else added.push({ key, ...(value === undefined || value === '' ? {} : { value }), effect });
  }
  return { added, removed };
}

function changed(
  name: string,
  present: readonly Taint[],
  { added, removed }: Changes,
  overwrite: boolean,
): { readonly taints: readonly Taint[]; readonly done: string } {
  const isSame = (a: Pick<Taint, 'key' | 'effect'>, b: Pick<Taint, 'key' | 'effect'>): boolean =>
    a.key === b.key && a.effect === b.effect;
  const replaced = added.filter((taint) => present.some((each) => isSame(each, taint)));
  if (replaced.length > 0 && !overwrite)
    throw new UsageError(
      `node ${name} already has ${replaced.map(({ key }) => key).join(',')} taint(s) with same effect(s) and --overwrite is false`,
    );
  const isRemoved = (taint: Taint): boolean =>
    removed.some(({ key, effect }) => key === taint.key && (effect === '' || effect === taint.effect));
  const absent = removed.find(
    (gone) => !present.some((taint) => gone.key === taint.key && (gone.effect === '' || gone.effect === taint.effect)),
  );
  if (absent !== undefined)
    throw new UsageError(`taint "${absent.key}${absent.effect === '' ? '' : `:${absent.effect}`}" not found`);
  const kept = present.filter((taint) => !isRemoved(taint) && !added.some((each) => isSame(each, taint)));
  const done = added.length === 0 ? 'untainted' : removed.length > 0 || replaced.length > 0 ? 'modified' : 'tainted';
  return { taints: [...added, ...kept], done };
}
