/** What one part of the benchmark found: rows of the table, and all samples. */
export interface PartResult {
  readonly rows: readonly (readonly string[])[];
  readonly figures: Readonly<Record<string, unknown>>;
}
