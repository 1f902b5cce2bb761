import { systemClock, toTimestamp } from '../../../shared/clock';
import type { ApiObject } from '../../api-object';
import { UsageError, qualifiedName } from '../../client/resources';
import { forEach, namedObjects, readNamed } from '../../found';
import { ChangeReport } from '../../output/change-report';
import { sendPatch } from '../../write-object';
import type { Command } from '../command';
import { words } from '../command';
import { reading, writing } from '../flag-groups';

type Pausable = { readonly paused?: boolean } | undefined;

/** A change that a rollout takes up by itself. `patchFor` throws UsageError where it makes no sense. */
const changing = (
  name: string,
  describe: string,
  done: string,
  patchFor: (object: ApiObject, type: string) => object,
): Command => ({
  name,
  usage: `${name} [types..]`,
  describe,
  build: (yargs) =>
    reading(writing(yargs, 'kubectl-rollout')).option('selector', {
      alias: 'l',
      type: 'string',
      describe: 'label selector',
    }),
  run: async (context, flags) => {
    const report = new ChangeReport(context, flags);
    const named = await namedObjects(context, flags, words(flags, 'types'), { typeAloneIsAll: true });
    if (named.length === 0) throw new UsageError(`No resources found in ${context.namespace} namespace.`);
    return forEach(context, named, async (each) => {
      const object = await readNamed(context, each);
      const patch = patchFor(object, `${qualifiedName(each.resource)} "${each.name}"`);
      report.tell(each.resource, await sendPatch(context, flags, each, 'strategic', patch), done);
    });
  },
});

const ROLLED = ['Deployment', 'DaemonSet', 'StatefulSet'];

export const restart = changing(
  'restart',
  'replace all pods, one after another',
  'restarted',
  ({ kind = '', spec }, type) => {
    if (!ROLLED.includes(kind))
      throw new UsageError(`${type} restarting is not supported: ${ROLLED.join(', ')} have rollouts`);
    if ((spec as Pausable)?.paused === true)
      throw new UsageError(`${type} can't restart paused deployment (run rollout resume first)`);
    const annotations = { 'kubectl.kubernetes.io/restartedAt': toTimestamp(systemClock.now()) };
    return { spec: { template: { metadata: { annotations } } } };
  },
);

export const pause = changing('pause', 'let a deployment take up no changes', 'paused', ({ kind, spec }, type) => {
  if (kind !== 'Deployment') throw new UsageError(`${type} pausing is not supported: only deployments can be paused`);
  if ((spec as Pausable)?.paused === true) throw new UsageError(`${type} is already paused`);
  return { spec: { paused: true } };
});

export const resume = changing('resume', 'let it take them up again', 'resumed', ({ kind, spec }, type) => {
  if (kind !== 'Deployment') throw new UsageError(`${type} resuming is not supported: only deployments can be paused`);
  if ((spec as Pausable)?.paused !== true) throw new UsageError(`${type} is not paused`);
  return { spec: { paused: null } };
});
