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

/** What joins a container's own process is seen by all who may read its log. */
export const RECORDED =
  "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n";

export const exec: Command = {
  name: 'exec',
  usage: 'exec <pod> [command..]',
  describe: 'run a command in a container',
  build: sessionFlags,
  run: (context, flags) => {
    if (words(flags, 'command').length > 0)
      throw new UsageError(
        "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl-lite exec -h' for help and examples",
      );
    const command = words(flags, '--');
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
  run: (context, flags) => {
    if (!isSet(flags, 'quiet')) context.note(RECORDED);
    return session(context, flags, 'attach', []);
  },
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
