import type { Readable } from 'node:stream';
import { UsageError } from '../client/resources';
import { runCommand } from '../client/command-stream';
import { podNameOf } from '../targets';
import type { Command, Context, Flags } from './command';
import { isSet, text, words } from './command';

export const exec: Command = {
  name: 'exec',
  usage: 'exec <pod> [command..]',
  describe: 'run a command in a container',
  build: (yargs) =>
    yargs
      .option('stdin', { alias: 'i', type: 'boolean', describe: 'hand this input on' })
      .option('tty', { alias: 't', type: 'boolean', describe: 'with a terminal' })
      .option('container', { alias: 'c', type: 'string', describe: 'of several' }),
  run: (context, flags) => {
    const command = [...words(flags, 'command'), ...words(flags, '--')];
    if (command.length === 0) throw new UsageError('say what to run: kubectl-lite exec POD -- COMMAND');
    return session(context, flags, 'exec', command);
  },
};

export const attach: Command = {
  name: 'attach',
  usage: 'attach <pod>',
  describe: 'join the main process of a container',
  build: (yargs) =>
    yargs
      .option('stdin', { alias: 'i', type: 'boolean', describe: 'hand this input on' })
      .option('tty', { alias: 't', type: 'boolean', describe: 'with a terminal' })
      .option('container', { alias: 'c', type: 'string', describe: 'of several' }),
  run: (context, flags) => session(context, flags, 'attach', []),
};

/** Joins this terminal to a process: raw while it lasts, and following its size. */
async function session(
  context: Context,
  flags: Flags,
  type: 'exec' | 'attach',
  command: readonly string[],
): Promise<number> {
  const { stdin, stdout, stderr, signal } = context.environment;
  const terminal = isSet(flags, 'tty') && stdin.isTTY === true;
  if (isSet(flags, 'tty') && !terminal)
    context.note('Unable to use a TTY - input is not a terminal or the right kind of file\n');
  if (terminal) stdin.setRawMode?.(true);
  try {
    return await runCommand(context.client(), {
      namespace: context.namespace,
      pod: podNameOf(text(flags, 'pod') ?? ''),
      type,
      container: text(flags, 'container'),
      command,
      tty: terminal,
      stdin: isSet(flags, 'stdin') ? (stdin as Readable) : undefined,
      stdout,
      stderr,
      // A raw terminal hands Ctrl-C on as a byte; only without one is it ours.
      ...(terminal ? {} : { signal }),
      onOpen: (resize) => {
        if (!terminal) return;
        const tell = (): void => resize({ width: stdout.columns ?? 80, height: stdout.rows ?? 24 });
        stdout.on('resize', tell);
        tell();
      },
    });
  } finally {
    if (terminal) stdin.setRawMode?.(false);
  }
}
