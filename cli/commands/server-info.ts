import { apiVersionOf } from '../client/resources';
import { layoutColumns } from '../output/columns';
import { VERSION } from '../version';
import type { Command } from './command';
import { isSet } from './command';

export const version: Command = {
  name: 'version',
  usage: 'version',
  describe: 'versions of this program and of the server',
  build: (yargs) => yargs.option('client', { type: 'boolean', describe: 'of this program only' }),
  run: async (context, flags) => {
    context.out(`Client Version: ${VERSION}\n`);
    if (isSet(flags, 'client')) return;
    const { value } = await context.client().json<{ gitVersion: string }>({ path: '/version' });
    context.out(`Server Version: ${value.gitVersion}\n`);
  },
};

export const apiResources: Command = {
  name: 'api-resources',
  usage: 'api-resources',
  describe: 'the types that the server knows',
  build: (yargs) => yargs,
  run: async (context) => {
    const { all } = await context.resources();
    const rows = all.map((each) => [
      each.plural,
      each.shortNames.join(','),
      apiVersionOf(each),
      String(each.namespaced),
      each.kind,
    ]);
    context.out(layoutColumns([['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND'], ...rows]));
  },
};
