import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildKustomization } from '../kustomize';
import type { Command, Flags } from './command';
import { isSet, text } from './command';

export const kustomize: Command = {
  name: 'kustomize',
  usage: 'kustomize [folder]',
  describe: 'print what a folder with a kustomization builds to',
  build: (yargs) =>
    yargs
      .option('output', { alias: 'o', type: 'string', describe: 'write it to a file' })
      .option('enable-helm', { type: 'boolean', describe: 'also charts' })
      .option('helm-command', { type: 'string', describe: 'the helm that does them' })
      .option('enable-alpha-plugins', { type: 'boolean', describe: 'also plugins of kustomize' })
      .option('load-restrictor', {
        type: 'string',
        describe: 'LoadRestrictionsNone: also files from beside the folder',
      }),
  run: async (context, flags) => {
    const { environment } = context;
    const built = await buildKustomization(text(flags, 'folder') ?? '.', environment, passedOn(flags));
    const output = text(flags, 'output');
    if (output === undefined) context.out(built);
    else writeFileSync(path.resolve(environment.cwd, output), built);
  },
};

/** What kustomize is told as it was told to us. */
const passedOn = (flags: Flags): readonly string[] => [
  ...['enable-helm', 'enable-alpha-plugins'].flatMap((name) => (isSet(flags, name) ? [`--${name}`] : [])),
  ...['helm-command', 'load-restrictor'].flatMap((name) => {
    const value = text(flags, name);
    return value === undefined ? [] : [`--${name}=${value}`];
  }),
];
