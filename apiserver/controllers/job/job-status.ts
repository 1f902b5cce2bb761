import type { JobCondition } from 'kubernetes-types/batch/v1';
import type { Job } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Outcome } from './outcome';

export type JobStatus = Partial<NonNullable<Job['status']>>;

/** Writes what `to` makes of the status, if that differs. Undefined: the Job is gone. */
export async function changeStatus(
  client: Client,
  job: Job,
  to: (status: JobStatus) => JobStatus,
): Promise<Job | undefined> {
  const changed = await client
    .modify(
      'Job',
      keyOf(job),
      (current) => {
        const before = current.status ?? {};
        const status = to(before);
        return isSameJson(status, before) ? undefined : { ...current, status };
      },
      { subresource: 'status', uid: job.metadata.uid },
    )
    .catch(ignoreNotFound);
  return changed ?? undefined;
}

/** A number that is not written where it is 0. */
export const unlessZero = <K extends string>(field: K, value: number): Partial<Record<K, number>> =>
  value === 0 ? {} : ({ [field]: value } as Record<K, number>);

export const conditionAt = (
  type: string,
  { reason, message }: Pick<Outcome, 'reason' | 'message'>,
  now: string,
): JobCondition => ({ type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now });

/** The conditions with this one in the place of the former of its type, or at the end. */
export const withCondition = (
  conditions: readonly JobCondition[] | undefined,
  condition: JobCondition,
): JobCondition[] => {
  const kept = conditions ?? [];
  return kept.some(({ type }) => type === condition.type)
    ? kept.map((each) => (each.type === condition.type ? condition : each))
    : [...kept, condition];
};

/** The conditions with what the job has come to, before its pods have ended. */
export function withAim(
  conditions: readonly JobCondition[] | undefined,
  outcome: Outcome,
  now: string,
): JobCondition[] {
  const type = outcome.isSuccess ? 'SuccessCriteriaMet' : 'FailureTarget';
  const kept = [...(conditions ?? [])];
  return kept.some((each) => each.type === type) ? kept : [...kept, conditionAt(type, outcome, now)];
}
