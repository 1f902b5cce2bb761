import { UsageError, resultName } from '../../client/resources';
import { podTemplateText } from '../../describe/pod-template-text';
import { forEach, namedObjects, readNamed } from '../../found';
import { ChangeReport } from '../../output/change-report';
import { layoutColumns } from '../../output/columns';
import type { Revision } from '../../rollout/revisions';
import { revisionsOf } from '../../rollout/revisions';
import type { Command } from '../command';
import { count, text, words } from '../command';
import { printing, reading } from '../flag-groups';

export const history: Command = {
  name: 'history',
  usage: 'history [types..]',
  describe: 'what has been rolled out',
  build: (yargs) =>
    printing(reading(yargs))
      .option('selector', { alias: 'l', type: 'string', describe: 'label selector' })
      .option('revision', { type: 'number', default: 0, describe: 'tell all about this one' }),
  run: async (context, flags) => {
    const wanted = count(flags, 'revision') ?? 0;
    if (wanted < 0) throw new UsageError('revision must be a positive integer: ' + String(wanted));
    const report = new ChangeReport(context, flags);
    const named = await namedObjects(context, flags, words(flags, 'types'), { typeAloneIsAll: true });
    return forEach(context, named, async (each) => {
      const object = await readNamed(context, each);
      const revisions = await revisionsOf(context, object);
      const name = `${resultName(each.resource)}/${each.name}`;
      if (text(flags, 'output') !== undefined) {
        const chosen = wanted === 0 ? revisions.at(-1) : find(revisions, wanted);
        return report.tell(
          each.resource,
          { ...object, spec: { ...(object.spec as object), template: chosen?.template } },
          '',
        );
      }
      if (wanted > 0)
        return context.out(`${name} with revision #${wanted}\n${podTemplateText(find(revisions, wanted).template)}\n`);
      const rows = revisions.map(({ number, cause }) => [String(number), cause ?? '<none>']);
      context.out(`${name} \n${layoutColumns([['REVISION', 'CHANGE-CAUSE'], ...rows], { gap: 2 })}\n`);
    });
  },
};

/** Throws UsageError. */
export function find(revisions: readonly Revision[], wanted: number): Revision {
  const found = revisions.find(({ number }) => number === wanted);
  if (found === undefined)
    throw new UsageError(
      `unable to find the specified revision: there are ${revisions.map(({ number }) => number).join(', ') || 'none'}`,
    );
  return found;
}
