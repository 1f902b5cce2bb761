import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildKustomization } from '../kustomize';
import type { Command } from './command';
import { text } from './command';

export const kustomize: Command = {
  name: 'kustomize',
  usage: 'kustomize [folder]',
  describe: 'print what a folder with a kustomization builds to',
  build: (yargs) => yargs.option('output', { alias: 'o', type: 'string', describe: 'write it to a file' }),
  run: async (context, flags) => {
    const { environment } = context;
    const built = await buildKustomization(text(flags, 'folder') ?? '.', environment);
    const output = text(flags, 'output');
    if (output === undefined) context.out(built);
    else writeFileSync(path.resolve(environment.cwd, output), built);
  },
};
