import type { Readable } from 'node:stream';
import { runCommand } from './client/command-stream';
import type { Context } from './commands/command';

export interface Joining {
  readonly namespace: string;
  readonly pod: string;
  readonly type: 'exec' | 'attach';
  readonly container: string | undefined;
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
  /** Leaves when it aborts. */
  readonly until?: AbortSignal;
}

const signalOf = (own: readonly AbortSignal[], until: AbortSignal | undefined): { readonly signal?: AbortSignal } => {
  const signals = [...own, ...(until === undefined ? [] : [until])];
  return signals.length === 0 ? {} : { signal: AbortSignal.any(signals) };
};

/** Joins this terminal to a process: raw while it lasts, and following its size. Resolves with its exit code. */
export async function joinTerminal(context: Context, joining: Joining): Promise<number> {
  const { stdin, stdout, stderr, signal } = context.environment;
  const isTerminal = joining.tty && stdin.isTTY === true;
  if (joining.tty && !isTerminal)
    context.note('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  if (isTerminal) stdin.setRawMode?.(true);
  try {
    return await runCommand(context.client(), {
      ...joining,
      tty: isTerminal,
      stdin: joining.stdin ? (stdin as Readable) : undefined,
      stdout,
      stderr,
      // A raw terminal hands Ctrl-C on as a byte; only without one is it ours.
      ...signalOf(isTerminal ? [] : [signal], joining.until),
      onOpen: (resize) => {
        if (!isTerminal) return;
        const tell = (): void => resize({ width: stdout.columns ?? 80, height: stdout.rows ?? 24 });
        stdout.on('resize', tell);
        tell();
      },
    });
  } finally {
    if (isTerminal) stdin.setRawMode?.(false);
  }
}
