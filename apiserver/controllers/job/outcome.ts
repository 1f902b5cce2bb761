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

/** Whether the job has come to its end now. */
export function judge(job: Job, active: readonly Pod[], nowMs: number): Outcome | undefined {
  const { backoffLimit = 6, completions, activeDeadlineSeconds, suspend } = job.spec ?? {};
  const { succeeded = 0, failed = 0, startTime } = job.status ?? {};
  if (failed > backoffLimit || restartsExceed(job, active, backoffLimit)) {
    return {
      isSuccess: false,
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached the specified backoff limit',
    };
  }
  const isLate =
    suspend !== true &&
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
  if (rule !== undefined) return { isSuccess: true, reason: 'SuccessPolicy', message: rule };
  const isComplete =
    completions === undefined ? succeeded > 0 && active.length === 0 : succeeded >= completions && suspend !== true;
  return isComplete
    ? { isSuccess: true, reason: 'CompletionsReached', message: 'Reached expected number of succeeded pods' }
    : undefined;
}

/** Containers that are restarted in their pod count as failures of the job. */
function restartsExceed({ spec }: Job, active: readonly Pod[], limit: number): boolean {
  if (spec?.template.spec?.restartPolicy !== 'OnFailure') return false;
  const restarts = active
    .flatMap(({ status }) => [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}
