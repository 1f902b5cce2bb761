import { durationMsOf } from '../../../shared/go-duration';

/** What Kubernetes' cron library (robfig/cron's standard parser) takes as a schedule. */
const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const EVERY = '@every ';
const TIME_ZONE = /^(TZ|CRON_TZ)=/;

interface Range {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}
const FIELDS: readonly Range[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of month', min: 1, max: 31 },
  {
    name: 'month',
    min: 1,
    max: 12,
    names: ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
  },
  { name: 'day of week', min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

/** Why a schedule is none; undefined: it is one. */
export function scheduleProblem(schedule: string, hasTimeZone: boolean): string | undefined {
  if (TIME_ZONE.test(schedule)) {
    return hasTimeZone
      ? 'cannot use both timeZone field and TZ or CRON_TZ in schedule'
      : 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
  }
  if (schedule.startsWith(EVERY)) {
    const period = schedule.slice(EVERY.length);
    return durationMsOf(period) === undefined
      ? `failed to parse duration ${schedule}: time: invalid duration ${JSON.stringify(period)}`
      : undefined;
  }
  if (schedule.startsWith('@')) {
    return DESCRIPTORS.includes(schedule) ? undefined : `unrecognized descriptor: ${schedule}`;
  }
  const fields = schedule.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) {
    return `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`;
  }
  for (const [index, range] of FIELDS.entries()) {
    for (const part of (fields[index] ?? '').split(',')) {
      const problem = partProblem(part, range);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

/** `*`, `5`, `1-5`, each with an optional step. */
function partProblem(text: string, range: Range): string | undefined {
  const [span = '', step, ...rest] = text.split('/');
  if (rest.length > 0) return `too many slashes: ${text}`;
  if (step !== undefined && !(/^\d+$/.test(step) && Number(step) > 0))
    return `step of range should be a positive number: ${text}`;
  if (span === '*' || span === '?') return undefined;
  const [first = '', last, ...more] = span.split('-');
  if (more.length > 0) return `too many hyphens: ${text}`;
  const [from, to] = [numberOf(first, range), last === undefined ? undefined : numberOf(last, range)];
  if (from === undefined || (last !== undefined && to === undefined)) return `failed to parse int from ${span}`;
  if (from < range.min) return `beginning of range (${from}) below minimum (${range.min}): ${text}`;
  const end = to ?? from;
  if (end > range.max) return `end of range (${end}) above maximum (${range.max}): ${text}`;
  return from > end ? `beginning of range (${from}) beyond end of range (${end}): ${text}` : undefined;
}

function numberOf(text: string, { names = [] }: Range): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  const index = names.indexOf(text.toLowerCase());
  return text === '' || index < 0 ? undefined : index;
}
