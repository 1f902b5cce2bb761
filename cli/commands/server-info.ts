import type { Resource } from '../client/resources';
import { UsageError, apiVersionOf, qualifiedName } from '../client/resources';
import { layoutColumns } from '../output/columns';
import { toJson } from '../output/format';
import { toYaml } from '../output/yaml';
import { VERSION } from '../version';
import type { Command, Context, Flags } from './command';
import { isSet, list, text } from './command';

export const version: Command = {
  name: 'version',
  usage: 'version',
  describe: 'versions of this program and of the server',
  build: (yargs) =>
    yargs
      .option('client', { type: 'boolean', describe: 'of this program only' })
      .option('output', { alias: 'o', type: 'string', describe: 'json or yaml' }),
  run: async (context, flags) => {
    const output = text(flags, 'output');
    if (output !== undefined && output !== 'json' && output !== 'yaml')
      throw new UsageError("--output must be 'yaml' or 'json'");
    const server = isSet(flags, 'client')
      ? undefined
      : (await context.client().json<{ gitVersion: string }>({ path: '/version' })).value;
    const all = {
      clientVersion: { gitVersion: VERSION },
      ...(server === undefined ? {} : { serverVersion: server }),
    };
    if (output !== undefined) return context.out(output === 'json' ? toJson(all) : toYaml(all));
    context.out(`Client Version: ${VERSION}\n`);
    if (server !== undefined) context.out(`Server Version: ${server.gitVersion}\n`);
  },
};

export const apiVersions: Command = {
  name: 'api-versions',
  usage: 'api-versions',
  describe: 'the groups and versions that the server knows',
  build: (yargs) => yargs,
  run: async (context) => {
    const { value } = await context
      .client()
      .json<{ groups: { versions: { groupVersion: string }[] }[] }>({ path: '/apis' });
    const names = ['v1', ...value.groups.flatMap(({ versions }) => versions.map(({ groupVersion }) => groupVersion))];
    context.out(`${names.sort().join('\n')}\n`);
  },
};

export const apiResources: Command = {
  name: 'api-resources',
  usage: 'api-resources',
  describe: 'the types that the server knows',
  build: (yargs) =>
    yargs
      .option('api-group', { type: 'string', describe: 'of this group' })
      .option('categories', { type: 'string', array: true, describe: 'of all these categories' })
      .option('namespaced', { type: 'boolean', describe: 'that are in namespaces, or with =false are not' })
      .option('verbs', { type: 'string', array: true, describe: 'that know all these verbs' })
      .option('no-headers', { type: 'boolean', describe: 'leave out the heading' })
      .option('sort-by', { type: 'string', describe: 'name or kind' })
      .option('output', { alias: 'o', type: 'string', describe: 'wide or name' })
      .option('cached', { type: 'boolean', hidden: true }),
  run: showResources,
};

async function showResources(context: Context, flags: Flags): Promise<void> {
  const output = text(flags, 'output') ?? '';
  const sortBy = text(flags, 'sort-by');
  if (!['', 'wide', 'name'].includes(output)) throw new UsageError(`--output ${output} is not available`);
  if (sortBy !== undefined && sortBy !== 'name' && sortBy !== 'kind')
    throw new UsageError('--sort-by accepts only name or kind');
  const { all } = await context.resources();
  const apiGroup = flags['api-group'];
  const chosen = all.filter(
    ({ group, categories, namespaced, verbs }) =>
      (typeof apiGroup !== 'string' || apiGroup === group) &&
      (flags.namespaced === undefined || namespaced === isSet(flags, 'namespaced')) &&
      list(flags, 'categories').every((each) => categories.includes(each)) &&
      list(flags, 'verbs').every((each) => verbs.includes(each)),
  );
  const key = ({ plural, kind }: Resource): string => (sortBy === 'kind' ? kind : plural);
  // kubectl sorts by group and then by name, where it is not told.
  const sorted = [...chosen].sort((a, b) =>
    sortBy === undefined
      ? compare(a.group, b.group) || compare(a.plural, b.plural)
      : compare(key(a), key(b)) || compare(a.plural, b.plural),
  );
  if (output === 'name') return context.out(sorted.map((each) => `${qualifiedName(each)}\n`).join(''));
  const isWide = output === 'wide';
  const rows = sorted.map((each) => [
    each.plural,
    each.shortNames.join(','),
    apiVersionOf(each),
    String(each.namespaced),
    each.kind,
    ...(isWide ? [[...each.verbs].sort().join(','), each.categories.join(',')] : []),
  ]);
  const head = ['NAME', 'SHORTNAMES', 'APIVERSION', 'NAMESPACED', 'KIND', ...(isWide ? ['VERBS', 'CATEGORIES'] : [])];
  context.out(layoutColumns(isSet(flags, 'no-headers') ? rows : [head, ...rows]));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
