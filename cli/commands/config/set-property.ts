import type { KubeconfigFile, KubeconfigFiles } from '../../client/kubeconfig';
import { UsageError } from '../../client/resources';
import type { Command } from '../command';
import { isSet, text } from '../command';
import { fileOf, fileOfCurrentContext, save } from './change';
import type { Property } from './property';
import { parseProperty, parsePropertyValue, withProperty } from './property';

export const setProperty: Command = {
  name: 'set',
  usage: 'set [property] [value]',
  describe: 'change one value: clusters.NAME.server URL, current-context NAME',
  build: (yargs) =>
    yargs.option('set-raw-bytes', { type: 'boolean', describe: 'the value of a -data attribute is not yet base64' }),
  run: async (context, flags) => {
    const name = text(flags, 'property');
    const value: unknown = flags['value'];
    if (name === undefined || typeof value !== 'string') throw new UsageError('say which property, and its new value');
    const files = context.kubeconfig();
    const property = parseProperty(name, files.merged);
    change(files, property, parsePropertyValue(property, value, isSet(flags, 'set-raw-bytes')));
    context.out(`Property "${name}" set.\n`);
    await Promise.resolve();
  },
};

export const unsetProperty: Command = {
  name: 'unset',
  usage: 'unset [property]',
  describe: 'take one value, or a whole entry, away',
  build: (yargs) => yargs,
  run: async (context, flags) => {
    const name = text(flags, 'property');
    if (name === undefined) throw new UsageError('say which property');
    const files = context.kubeconfig();
    change(files, parseProperty(name, files.merged), undefined);
    context.out(`Property "${name}" unset.\n`);
    await Promise.resolve();
  },
};

function change(files: KubeconfigFiles, property: Property, value: string | boolean | undefined): void {
  for (const { path, config } of filesOf(files, property)) save(path, withProperty(config, property, value));
}

/** The files that a change belongs to: all that have such entries where all are meant. */
function filesOf(files: KubeconfigFiles, property: Property): readonly KubeconfigFile[] {
  if (property.of === 'current-context') return [fileOfCurrentContext(files)];
  if (property.of === 'preferences.colors') return files.files.slice(0, 1);
  if (property.of === 'entries') return files.files;
  return [fileOf(files, property.entries, property.name)];
}
