import { UsageError } from '../client/resources';
import { SHELLS, scriptFor } from '../completion/scripts';
import type { Command } from './command';
import { text } from './command';

export const completion: Command = {
  name: 'completion',
  usage: 'completion [shell]',
  describe: 'print what bash, zsh or fish has to read to complete words',
  build: (yargs) => yargs,
  run: async (context, flags) => {
    const wanted = text(flags, 'shell') ?? (context.environment.variables['SHELL'] ?? 'bash').split('/').at(-1) ?? '';
    const shell = SHELLS.find((each) => each === wanted);
    if (shell === undefined)
      throw new UsageError(`no completion for "${wanted}": completion ${SHELLS.join(', completion ')}`);
    context.out(scriptFor(shell, 'kubectl-lite'));
    await Promise.resolve();
  },
};
