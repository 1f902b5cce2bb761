import type { Readable, Writable } from 'node:stream';

/** The terminal and the process around a command, handed in so that commands can be tested without either. */
export interface Environment {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly home: string;
  /** The checkout that this program belongs to, whose local cluster is the default one. */
  readonly checkout: string;
  /** Aborts when the person interrupts. */
  readonly signal: AbortSignal;
}

/** Colours go to people only. */
export const wantsColour = ({ stdout, variables }: Environment): boolean =>
  stdout.isTTY === true && variables.NO_COLOR === undefined && variables.TERM !== 'dumb';

/** How wide a table may be: as the terminal, where there is one. */
export const tableWidth = ({ stdout }: Environment): { readonly width?: number } =>
  stdout.isTTY === true && stdout.columns !== undefined ? { width: stdout.columns } : {};
