import type { CronJob } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import type { ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';

interface Seen {
  readonly uid: string;
  readonly text: string;
  readonly sinceMs: number | undefined;
}

/** When the schedules of CronJobs were changed, as far as this process has seen it. */
export class ScheduleChanges {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly clock: Clock) {}

  see(cron: CronJob): void {
    const id = keyString(keyOf(cron));
    const text = `${cron.spec?.timeZone ?? ''} ${cron.spec?.schedule ?? ''}`;
    const before = this.seen.get(id);
    const { uid } = cron.metadata;
    if (before?.uid === uid && before.text === text) return;
    this.seen.set(id, { uid, text, sinceMs: before?.uid === uid ? this.clock.now() : undefined });
  }

  /** 0: nobody has seen it change. */
  validFromMs(cron: CronJob): number {
    return this.seen.get(keyString(keyOf(cron)))?.sinceMs ?? 0;
  }

  forget(key: ObjectKey): void {
    this.seen.delete(keyString(key));
  }
}
