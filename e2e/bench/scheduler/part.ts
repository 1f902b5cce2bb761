/** One benchmark's outcome. */
export interface Part {
  readonly name: string;
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly figures: Readonly<Record<string, unknown>>;
  /** For a plot: by panel and line, a value for each percent of arrivals. */
  readonly curves?: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
