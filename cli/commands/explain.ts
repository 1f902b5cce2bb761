import { UsageError, apiVersionOf } from '../client/resources';
import { explainText, fieldAt } from '../explain/explain-text';
import type { Schema } from '../explain/schema';
import { Schemas } from '../explain/schema';
import type { Command, Context, Flags } from './command';
import { isSet, text, words } from './command';

export const explain: Command = {
  name: 'explain',
  usage: 'explain [types..]',
  describe: 'what a kind or one of its fields is: TYPE[.FIELD…]',
  build: (yargs) =>
    yargs
      .option('recursive', { type: 'boolean', describe: 'the names of all fields' })
      .option('api-version', { type: 'string', describe: 'of this group and version' })
      .option('output', { alias: 'o', type: 'string', default: 'plaintext', describe: 'plaintext' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<void> {
  const [given, ...more] = words(flags, 'types');
  if (given === undefined)
    throw new UsageError('You must specify the type of resource to explain: kubectl-lite api-resources lists them');
  if (more.length > 0)
    throw new UsageError(`We accept only this format: explain RESOURCE, not ${[given, ...more].join(' ')}`);
  if ((text(flags, 'output') ?? '') !== 'plaintext') throw new UsageError('--output must be plaintext');
  const { resource, path } = await split(context, given, text(flags, 'api-version'));
  const { group, version, kind } = resource;
  const schemas = new Schemas(await schemasOf(context, group === '' ? `api/${version}` : `apis/${group}/${version}`));
  context.out(`${group === '' ? '' : `GROUP:      ${group}\n`}KIND:       ${kind}\nVERSION:    ${version}\n\n`);
  context.out(
    explainText(schemas, fieldAt(schemas, schemas.ofKind(group, version, kind), path), isSet(flags, 'recursive')),
  );
}

/** `deployments.apps.spec.replicas`: a group may stand between the type and the fields. */
async function split(context: Context, given: string, apiVersion: string | undefined) {
  const resources = await context.resources();
  const parts = given
    .replace(/\[.*?\]/g, '')
    .split('.')
    .filter((part) => part !== '');
  const plain = resources.find(parts[0] ?? '');
  const named = [...parts.keys()]
    .map((index) => ({ name: parts.slice(0, index + 1).join('.'), path: parts.slice(index + 1) }))
    .filter(({ name }) => name.includes('.'))
    .flatMap(({ name, path }) => {
      const group = name.slice(name.indexOf('.') + 1);
      const found = resources.all.find(
        (each) => each.group === group && (each.plural === parts[0] || each.singular === parts[0]),
      );
      return found === undefined ? [] : [{ resource: found, path }];
    });
  const chosen = named.at(-1) ?? { resource: plain, path: parts.slice(1) };
  if (apiVersion === undefined) return chosen;
  const resource = resources.byKind(apiVersion, chosen.resource.kind);
  if (resource === undefined)
    throw new UsageError(
      `couldn't find resource for "${apiVersion}, Kind=${chosen.resource.kind}": the server has it in ${apiVersionOf(chosen.resource)}`,
    );
  return { ...chosen, resource };
}

async function schemasOf(context: Context, group: string): Promise<Readonly<Record<string, Schema>>> {
  const { value: index } = await context
    .client()
    .json<{ paths: Readonly<Record<string, { serverRelativeURL: string }>> }>({ path: '/openapi/v3' });
  const path = index.paths[group]?.serverRelativeURL;
  if (path === undefined) throw new UsageError(`the server publishes no schemas of ${group}`);
  const { value } = await context
    .client()
    .json<{ components?: { schemas?: Readonly<Record<string, Schema>> } }>({ path });
  return value.components?.schemas ?? {};
}
