import type { JobCondition } from 'kubernetes-types/batch/v1';
import type { Job, Pod } from '../../../shared/api/objects';
import { hasIndexLimit, judgeIndexes } from './index-failures';
import { metSuccessRule } from './success-policy';

export interface Outcome {
  readonly isSuccess: boolean;
  readonly reason: string;
  readonly message: string;
}

export const jobConditionOf = ({ status }: Job, type: string): JobCondition | undefined =>
  (status?.conditions ?? []).find((condition) => condition.type === type && condition.status === 'True');

/** Complete or Failed: nothing more happens in this Job. */
export const finishOf = (job: Job): JobCondition | undefined =>
  jobConditionOf(job, 'Complete') ?? jobConditionOf(job, 'Failed');

/** What the job has come to already, and now ends its pods for. */
export function aimOf(job: Job): Outcome | undefined {
  const [good, bad] = [jobConditionOf(job, 'SuccessCriteriaMet'), jobConditionOf(job, 'FailureTarget')];
  const aim = good ?? bad;
  return aim === undefined
    ? undefined
    : { isSuccess: good !== undefined, reason: aim.reason ?? '', message: aim.message ?? '' };
}

/** Whether the job is known to be suspended; its deadline does not run then. */
export const isOnHold = (job: Job): boolean => jobConditionOf(job, 'Suspended') !== undefined;

/** What ends the job now, whatever still runs. */
export function judge(job: Job, active: readonly Pod[], nowMs: number): Outcome | undefined {
  const { backoffLimit = 6, activeDeadlineSeconds, suspend } = job.spec ?? {};
  const { failed = 0, startTime } = job.status ?? {};
  if (failed > backoffLimit || restartsExceed(job, active, backoffLimit)) {
    return {
      isSuccess: false,
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  const isLate =
    suspend !== true &&
    !isOnHold(job) &&
    startTime !== undefined &&
    activeDeadlineSeconds !== undefined &&
    nowMs >= Date.parse(startTime) + activeDeadlineSeconds * 1_000;
  if (isLate) {
    return {
      isSuccess: false,
      reason: 'DeadlineExceeded',
      message: 'Job was active longer than specified deadline',
    };
  }
  const failure = hasIndexLimit(job) ? judgeIndexes(job) : undefined;
  if (failure !== undefined) return { isSuccess: false, ...failure };
  const rule = metSuccessRule(job);
  return rule === undefined ? undefined : { isSuccess: true, reason: 'SuccessPolicy', message: rule };
}

export const COMPLETE: Outcome = {
  isSuccess: true,
  reason: 'CompletionsReached',
  message: 'Reached expected number of succeeded pods',
};

/** Whether everything is done and nothing runs any more. */
export function isComplete({ spec, status }: Job, active: readonly Pod[]): boolean {
  const { succeeded = 0 } = status ?? {};
  return active.length === 0 && (spec?.completions === undefined ? succeeded > 0 : succeeded >= spec.completions);
}

/** Containers that are restarted in their pod count as failures of the job. */
function restartsExceed({ spec }: Job, active: readonly Pod[], limit: number): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = active
    .flatMap(({ status }) => [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}
