import { UsageError } from '../client/resources';
import { podOf } from '../chosen-pod';
import { defaultContainerOf } from '../logs/log-source';
import { joinTerminal } from '../terminal';
import type { Argv } from 'yargs';
import type { Command, Context, Flags } from './command';
import { isSet, text, words } from './command';

const sessionFlags = (yargs: Argv): Argv =>
  yargs
    .option('stdin', { alias: 'i', type: 'boolean', describe: 'hand this input on' })
    .option('tty', { alias: 't', type: 'boolean', describe: 'with a terminal' })
    .option('container', { alias: 'c', type: 'string', describe: 'of several' })
    .option('quiet', { alias: 'q', type: 'boolean', describe: 'print what the process prints alone' })
    .option('pod-running-timeout', { type: 'string', default: '1m0s', hidden: true });

export const exec: Command = {
  name: 'exec',
  usage: 'exec <pod> [command..]',
  describe: 'run a command in a container',
  build: sessionFlags,
  run: (context, flags) => {
    const command = [...words(flags, 'command'), ...words(flags, '--')];
    if (command.length === 0)
      throw new UsageError('you must specify at least one command for the container: kubectl-lite exec POD -- COMMAND');
    return session(context, flags, 'exec', command);
  },
};

export const attach: Command = {
  name: 'attach',
  usage: 'attach <pod>',
  describe: 'join the main process of a container',
  build: sessionFlags,
  run: (context, flags) => session(context, flags, 'attach', []),
};

async function session(
  context: Context,
  flags: Flags,
  type: 'exec' | 'attach',
  command: readonly string[],
): Promise<number> {
  const pod = await podOf(context, text(flags, 'pod') ?? '');
  const container =
    text(flags, 'container') ??
    defaultContainerOf(pod, (message) => (isSet(flags, 'quiet') ? undefined : context.note(message)));
  const code = await joinTerminal(context, {
    namespace: context.namespace,
    pod: pod.metadata.name,
    type,
    container,
    command,
    stdin: isSet(flags, 'stdin'),
    tty: isSet(flags, 'tty'),
  });
  if (code !== 0 && type === 'exec' && !context.environment.signal.aborted)
    context.note(`command terminated with exit code ${code}\n`);
  return code;
}
