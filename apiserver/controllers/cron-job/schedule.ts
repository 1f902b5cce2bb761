import { Cron } from 'croner';
import { durationMsOf } from '../../../shared/go-duration';

/** Times at which something is due. */
export interface Schedule {
  /** The first time after `fromMs`; undefined: never again. */
  nextAfter(fromMs: number): number | undefined;
  /** The last time after `fromMs` up to and including `toMs`; undefined: none. */
  lastBetween(fromMs: number, toMs: number): number | undefined;
}

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Reads five cron fields, a descriptor, or `@every 1h30m`. Undefined: it is none of these. */
export function parseSchedule(text: string, timeZone = 'UTC'): Schedule | undefined {
  const every = /^@every (\S+)$/.exec(text);
  if (every !== null) {
    const periodMs = periodOf(every[1] ?? '');
    return periodMs === undefined ? undefined : everyMs(periodMs);
  }
  try {
    // Question marks mean any value in Kubernetes, the present one in this library.
    const fields = (DESCRIPTORS[text] ?? text).replaceAll('?', '*');
    return byCron(new Cron(fields, { mode: '5-part', timezone: timeZone }));
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function byCron(cron: Cron): Schedule {
  const nextAfter = (fromMs: number): number | undefined => cron.nextRun(new Date(fromMs))?.getTime();
  return {
    nextAfter,
    lastBetween(fromMs, toMs) {
      const [before] = cron.previousRuns(1, new Date(toMs));
      // What is due at this very moment is no previous run.
      const atEnd = nextAfter(before?.getTime() ?? fromMs);
      const last = atEnd !== undefined && atEnd <= toMs ? atEnd : before?.getTime();
      return last !== undefined && last > fromMs ? last : undefined;
    },
  };
}

const everyMs = (periodMs: number): Schedule => ({
  nextAfter: (fromMs) => fromMs + periodMs,
  lastBetween(fromMs, toMs) {
    const periods = Math.floor((toMs - fromMs) / periodMs);
    return periods < 1 ? undefined : fromMs + periods * periodMs;
  },
});

/** In whole seconds and not below one. */
function periodOf(text: string): number | undefined {
  const total = durationMsOf(text);
  return total === undefined ? undefined : Math.max(1_000, Math.floor(total / 1_000) * 1_000);
}
