import path from 'node:path';
import { UsageError } from '../client/resources';
import { pluginsOnPath } from '../plugins';
import type { Command } from './command';
import { group, isSet } from './command';

const list: Command = {
  name: 'list',
  usage: 'list',
  describe: 'the programs kubectl-… on PATH',
  build: (yargs) => yargs.option('name-only', { type: 'boolean', describe: 'without their folders' }),
  run: async ({ environment, out }, flags) => {
    const found = pluginsOnPath(environment);
    if (found.length === 0) throw new UsageError('unable to find any kubectl plugins in your PATH');
    const shown = isSet(flags, 'name-only') ? found.map((file) => path.basename(file)) : found;
    out(`The following compatible plugins are available:\n\n${shown.map((each) => `${each}\n`).join('')}`);
    await Promise.resolve();
  },
};

export const plugin = group({
  name: 'plugin',
  describe: 'commands of others: kubectl-x on PATH is kubectl-lite x',
  subcommands: [list],
});
