const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration as Go and Kubernetes write it: `90s`, `2m`, `1h30m`. Undefined for anything else. */
export function durationMsOf(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|h|m|s))+$/.test(text)) return undefined;
  return [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)].reduce(
    (sum, [, value, unit]) => sum + Number(value) * (UNITS_MS[unit ?? ''] ?? 0),
    0,
  );
}
