import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { conditionOf } from '../deployment/conditions';
import { findNewSet, revisionOf, templateOf, withoutHash } from '../deployment/revisions';
import { controllerOf } from '../workloads/ownership';

/** Opts a Deployment in: `"true"`. */
export const ROLLBACK_ON_FAILURE = 'pinsetter.io/rollback-on-failure';
/** Marks the ReplicaSet of a revision that did not progress: nothing goes back to it by itself. */
const FAILED = 'pinsetter.io/failed-revision';
const CHANGE_CAUSE = 'kubernetes.io/change-cause';

interface Deps {
  readonly client: Client;
  readonly events: EventRecorder;
}

/** Takes Deployments that asked for it back to the last revision that has not failed, when their progress deadline passes. */
export class AutomaticRollbackController implements Controller {
  readonly name = 'automatic-rollback';
  readonly watches = [
    watching('Deployment', ({ type, object }) => (type !== 'DELETED' && hasFailed(object) ? [keyOf(object)] : [])),
  ];

  constructor(private readonly deps: Deps) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client, events } = this.deps;
    const deployment = client.view('Deployment').get(key);
    if (deployment === undefined || !hasFailed(deployment) || deployment.metadata.deletionTimestamp !== undefined)
      return done;
    const sets = client
      .view('ReplicaSet')
      .list({ ownedBy: deployment.metadata.uid, namespace: deployment.metadata.namespace })
      .filter((set) => controllerOf(set)?.uid === deployment.metadata.uid);
    const failed = findNewSet(deployment, sets);
    if (failed === undefined || isMarked(failed)) return done;
    const mark = (set: ReplicaSet) =>
      client.patch('ReplicaSet', keyOf(set), {
        type: 'merge',
        body: { metadata: { annotations: { [FAILED]: 'true' } } },
      });
    const [target] = sets
      .filter((set) => set !== failed && !isMarked(set) && revisionOf(set) > 0)
      .sort((a, b) => revisionOf(b) - revisionOf(a));
    const from = revisionOf(failed);
    const say = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
      events.record(deployment, { type, reason, message }, { component: 'automatic-rollback' });
    if (target === undefined) {
      await mark(failed);
      say(
        'Warning',
        'DeploymentRollbackRevisionNotFound',
        `revision ${from} did not progress, and there is none to go back to`,
      );
      return done;
    }
    const to = revisionOf(target);
    const cause = `back to revision ${to}: revision ${from} did not progress in time`;
    const annotations = { ...deployment.metadata.annotations, [CHANGE_CAUSE]: cause };
    await client.update('Deployment', {
      ...deployment,
      metadata: { ...deployment.metadata, annotations },
      spec: { ...deployment.spec, template: withoutHash(templateOf(target)) } as NonNullable<Deployment['spec']>,
    });
    await mark(failed);
    say(
      'Warning',
      'DeploymentRollback',
      `Rolled back deployment "${deployment.metadata.name}" to revision ${to}: revision ${from} did not progress in time`,
    );
    return done;
  }
}

const isMarked = ({ metadata }: ReplicaSet): boolean => metadata.annotations?.[FAILED] === 'true';

const hasFailed = ({ metadata, spec, status = {} }: Deployment): boolean =>
  metadata.annotations?.[ROLLBACK_ON_FAILURE] === 'true' &&
  spec?.paused !== true &&
  status.observedGeneration === metadata.generation &&
  conditionOf(status, 'Progressing')?.reason === 'ProgressDeadlineExceeded';
