import type { Job, Pod } from '../../../shared/api/objects';
import { controllerOf } from '../../controllers/workloads/ownership';
import type { Invariant } from './invariant';

/** Every success of a Job's pods is counted once, and none that was not there. */
export function createCompletionsCountedOnce(): Invariant {
  const succeeded = new Map<string, Set<string>>();
  return {
    name: 'completions-counted-once',
    onChange({ resource, object, previous, isDeletion }) {
      if (resource === 'pods') {
        const pod = object as unknown as Pod;
        const owner = controllerOf(pod);
        if (owner?.kind !== 'Job' || pod.status?.phase !== 'Succeeded') return undefined;
        const uids = succeeded.get(owner.uid) ?? new Set<string>();
        succeeded.set(owner.uid, uids.add(pod.metadata.uid));
        return undefined;
      }
      if (resource !== 'jobs.batch' || isDeletion) return undefined;
      const [job, before] = [object, previous] as unknown as [Job, Job | undefined];
      const { name, uid } = job.metadata;
      const counted = job.status?.succeeded ?? 0;
      if (counted < (before?.status?.succeeded ?? 0)) return `${name}: the count fell to ${counted}`;
      const known = succeeded.get(uid)?.size ?? 0;
      if (counted > known) return `${name}: ${counted} completions are counted, ${known} pods succeeded`;
      const isComplete = (job.status?.conditions ?? []).some(
        ({ type, status }) => type === 'Complete' && status === 'True',
      );
      const { completions, parallelism = 1 } = job.spec ?? {};
      if (!isComplete || completions === undefined) return undefined;
      if (job.spec?.completionMode === 'Indexed' && counted > completions) {
        return `${name}: ${counted} completions of ${completions} indexes`;
      }
      if (counted < completions) return `${name} is complete with ${counted} of ${completions}`;
      return counted > completions + parallelism - 1 ? `${name}: ${counted} of ${completions} completions` : undefined;
    },
  };
}

/** A Job that gives up for its failures has had more of them than it allows. */
export const jobsTryAsOftenAsTheyMay: Invariant = {
  name: 'jobs-try-as-often-as-they-may',
  onChange({ resource, object, isDeletion }) {
    if (resource !== 'jobs.batch' || isDeletion) return undefined;
    const { metadata, spec, status } = object as unknown as Job;
    const failed = (status?.conditions ?? []).find(({ type, status: value }) => type === 'Failed' && value === 'True');
    // Restarts of containers count as well, which no counter tells.
    if (failed?.reason !== 'BackoffLimitExceeded' || spec?.template.spec?.restartPolicy !== 'Never') return undefined;
    const [limit, count] = [spec.backoffLimit ?? 6, status?.failed ?? 0];
    return count > limit ? undefined : `${metadata.name} gave up after ${count} failures, ${limit} are allowed`;
  },
};
