import { toTimestamp } from '../../shared/clock';

const RFC3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

function millisOf(text: string): number | undefined {
  if (!RFC3339.test(text)) return undefined;
  const ms = Date.parse(text.toUpperCase());
  return Number.isNaN(ms) ? undefined : ms;
}

/** RFC 3339 text as metav1.Time keeps it: UTC, whole seconds. Undefined for anything else. */
export function normaliseTime(text: string): string | undefined {
  const ms = millisOf(text);
  return ms === undefined ? undefined : toTimestamp(ms);
}

/** RFC 3339 text as metav1.MicroTime keeps it: UTC, six digits of the second. Undefined for anything else. */
export function normaliseMicroTime(text: string): string | undefined {
  const ms = millisOf(text);
  if (ms === undefined) return undefined;
  const digits = (/\.(\d+)/.exec(text)?.[1] ?? '').padEnd(6, '0').slice(0, 6);
  return `${toTimestamp(ms).slice(0, 19)}.${digits}Z`;
}
