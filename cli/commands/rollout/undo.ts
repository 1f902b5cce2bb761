import { isSameJson } from '../../../shared/same-json';
import type { StoredObject } from '../../api-object';
import { UsageError } from '../../client/resources';
import { forEach, namedObjects, readNamed } from '../../found';
import { ChangeReport } from '../../output/change-report';
import type { PodTemplateFields } from '../../pod-template';
import { podTemplateOf } from '../../pod-template';
import { revisionsOf } from '../../rollout/revisions';
import { sendPatch } from '../../write-object';
import type { Command } from '../command';
import { count, words } from '../command';
import { dryRunOf, reading, writing } from '../flag-groups';
import { find } from './history';

export const undo: Command = {
  name: 'undo',
  usage: 'undo [types..]',
  describe: 'go back to what was rolled out before',
  build: (yargs) =>
    reading(writing(yargs, 'kubectl-rollout'))
      .option('selector', { alias: 'l', type: 'string', describe: 'label selector' })
      .option('to-revision', { type: 'number', default: 0, describe: 'to this one; 0: to the last before' }),
  run: async (context, flags) => {
    const report = new ChangeReport(context, flags);
    const named = await namedObjects(context, flags, words(flags, 'types'), { typeAloneIsAll: true });
    const wanted = count(flags, 'to-revision') ?? 0;
    return forEach(context, named, async (each) => {
      const object = await readNamed(context, each);
      if ((object.spec as { readonly paused?: boolean } | undefined)?.paused === true)
        throw new UsageError(
          `you cannot rollback a paused deployment; resume it first with 'kubectl-lite rollout resume' and try again`,
        );
      const revisions = await revisionsOf(context, object);
      const target = wanted > 0 ? find(revisions, wanted) : revisions.at(-2);
      if (target === undefined)
        throw new UsageError(`no rollout history found for ${object.kind.toLowerCase()} "${each.name}"`);
      if (isSameTemplate(target.template, object))
        return report.tell(
          each.resource,
          object,
          `skipped rollback (current template already matches revision ${target.number})`,
        );
      if (dryRunOf(flags) === 'client') return report.tell(each.resource, object, 'rolled back');
      const type = Array.isArray(target.patch) ? 'json' : 'strategic';
      report.tell(each.resource, await sendPatch(context, flags, each, type, target.patch), 'rolled back');
    });
  },
};

function isSameTemplate(template: PodTemplateFields, object: StoredObject): boolean {
  const present = podTemplateOf(object);
  return isSameJson(comparable(template), comparable(present ?? {}));
}

function comparable({ metadata, spec }: PodTemplateFields): object {
  const { 'pod-template-hash': _hash, ...labels } = metadata?.labels ?? {};
  return { labels, annotations: metadata?.annotations ?? {}, spec };
}
