import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import { CHECKOUT } from '../harness/programs';

/** The value below which the fraction `q` of the samples lies (nearest rank); NaN for none. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(q * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** What the figures were taken on; read it beside them. */
export const machine = (): Record<string, string | number> => ({
  cpu: os.cpus()[0]?.model ?? 'unknown',
  cores: os.cpus().length,
  memoryGiB: Math.round(os.totalmem() / 2 ** 30),
  kernel: os.release(),
  node: process.version,
});

export interface Report {
  readonly name: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  /** Lines below the table: ratios, targets, what limits. */
  readonly notes: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
}

/** Prints the table and writes the figures to bench/results/NAME.json, or to the file that `--json` names. */
export function publish(report: Report, argv: readonly string[]): void {
  const table = new Table({ head: [...report.head], style: { head: [], border: [] } });
  for (const row of report.rows) table.push([...row]);
  process.stdout.write(`${table.toString()}\n${report.notes.join('\n')}\n`);
  const named = argv.indexOf('--json');
  const file =
    (named < 0 ? undefined : argv[named + 1]) ?? path.join(CHECKOUT, 'bench', 'results', `${report.name}.json`);
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ ...report.figures, machine: machine() }, null, 2)}\n`);
  process.stdout.write(`figures: ${file}\n`);
}

/** One line that is rewritten on a terminal; nothing elsewhere. */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

/** The whole number behind a flag, or the default. */
export function countFlag(argv: readonly string[], flag: string, fallback: number): number {
  const at = argv.indexOf(flag);
  const value = at < 0 ? fallback : Number(argv[at + 1]);
  if (!Number.isInteger(value) || value < 1)
    throw new Error(`${flag} takes a whole number, not ${argv[at + 1] ?? 'nothing'}`);
  return value;
}
