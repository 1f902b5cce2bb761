import type { CronJob } from '../../../shared/api/objects';
import type { Schedule } from './schedule';

/** So many missed times hint at a clock or a deadline that is wrong. */
const MANY = 100;

export interface DueTime {
  /** When the run was due that is to be started now; undefined: none is. */
  readonly dueMs: number | undefined;
  /** Whether more runs were missed than can be by an outage. */
  readonly isManyMissed: boolean;
}

const lastLookMs = ({ metadata, status }: CronJob): number =>
  Date.parse(status?.lastScheduleTime ?? metadata.creationTimestamp);

/**
 * The last time that was due since the last run, as kube-controller-manager reckons (pkg/controller/cronjob/utils.go).
 * `validFromMs`: since when the schedule is this one, where that is known: what it would have made due before was missed by nobody.
 */
export function dueTime(cron: CronJob, schedule: Schedule, nowMs: number, validFromMs = 0): DueTime {
  const sinceMs = Math.max(lastLookMs(cron), validFromMs);
  const dueMs = schedule.lastBetween(sinceMs, nowMs);
  const deadline = cron.spec?.startingDeadlineSeconds;
  const fromMs = deadline === undefined ? sinceMs : Math.max(sinceMs, nowMs - deadline * 1_000);
  const firstMs = schedule.nextAfter(fromMs);
  const secondMs = firstMs === undefined ? undefined : schedule.nextAfter(firstMs);
  // As many as fit, were all as far apart as the first two.
  const missed =
    firstMs === undefined || secondMs === undefined || firstMs > nowMs
      ? 0
      : Math.floor((nowMs - firstMs) / (secondMs - firstMs)) + 1;
  return { dueMs, isManyMissed: missed > MANY };
}

/** Whether a run that was due then may not be started any more. */
export const isTooLate = ({ spec }: CronJob, dueMs: number, nowMs: number): boolean =>
  spec?.startingDeadlineSeconds !== undefined && dueMs + spec.startingDeadlineSeconds * 1_000 < nowMs;

/** When the schedule is due the next time; undefined: never. */
export function nextDueMs(cron: CronJob, schedule: Schedule, nowMs: number): number | undefined {
  const sinceMs = lastLookMs(cron);
  return schedule.nextAfter(schedule.lastBetween(sinceMs, nowMs) ?? sinceMs);
}
