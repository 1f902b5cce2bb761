/** A number of pods, or a share of `total` as `25%`. */
export function scaledValue(
  value: number | string | undefined,
  total: number,
  round: (exact: number) => number,
): number {
  if (typeof value === 'number') return value;
  const percent = Number(/^(\d+)%$/.exec(value ?? '')?.[1] ?? 0);
  return round((percent * total) / 100);
}
