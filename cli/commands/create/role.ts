import type { Argv } from 'yargs';
import { KNOWN } from '../../client/known-types';
import { UsageError } from '../../client/resources';
import type { Context, Flags } from '../command';
import { list, text } from '../command';
import { generating } from './generator';

const VERBS = [
  '*',
  'get',
  'delete',
  'list',
  'create',
  'update',
  'patch',
  'watch',
  'proxy',
  'deletecollection',
  'use',
  'bind',
  'approve',
  'sign',
  'escalate',
  'impersonate',
];

const ruleFlags = (yargs: Argv): Argv =>
  yargs
    .option('verb', { type: 'string', array: true, describe: 'what may be done: get, list, …' })
    .option('resource', { type: 'string', array: true, describe: 'to which types: TYPE[.GROUP][/SUBRESOURCE]' })
    .option('resource-name', { type: 'string', array: true, describe: 'to which objects alone' });

export const role = generating({
  name: 'role',
  describe: 'what may be done in a namespace',
  type: KNOWN.role,
  failure: 'role',
  build: ruleFlags,
  make: async (flags, _name, context) => ({ rules: await resourceRules(context, flags, verbsOf(flags, context)) }),
});

export const clusterRole = generating({
  name: 'clusterrole',
  describe: 'what may be done everywhere',
  type: KNOWN.clusterRole,
  failure: 'clusterrole',
  build: (yargs) =>
    ruleFlags(yargs)
      .option('non-resource-url', { type: 'string', array: true, describe: 'which paths of the server may be asked' })
      .option('aggregation-rule', { type: 'string', describe: 'labels of roles to join: KEY=VALUE,…' }),
  make: async (flags, _name, context) => {
    const aggregation = text(flags, 'aggregation-rule');
    const urls = list(flags, 'non-resource-url');
    if (aggregation !== undefined) {
      if ([...list(flags, 'verb'), ...list(flags, 'resource'), ...urls].length > 0)
        throw new UsageError('aggregation rule must be specified without nonResourceURLs, resources or verbs');
      const matchLabels = Object.fromEntries(aggregation.split(',').map((pair) => pair.split('=')));
      return { aggregationRule: { clusterRoleSelectors: [{ matchLabels }] }, rules: null };
    }
    const verbs = verbsOf(flags, context);
    const wrong = urls.find((url) => !url.startsWith('/'));
    if (wrong !== undefined) throw new UsageError(`nonResourceURL ${wrong} must start with /`);
    if (urls.length > 0 && list(flags, 'resource').length === 0) return { rules: [{ nonResourceURLs: urls, verbs }] };
    const rules = await resourceRules(context, flags, verbs);
    return { rules: urls.length === 0 ? rules : [...rules, { nonResourceURLs: urls, verbs }] };
  },
});

/** Throws UsageError where there are none; one that no resource has is only warned of. */
function verbsOf(flags: Flags, context: Context): readonly string[] {
  const verbs = [...new Set(list(flags, 'verb'))];
  if (verbs.length === 0) throw new UsageError('at least one verb must be specified');
  for (const verb of verbs)
    if (!VERBS.includes(verb)) context.note(`Warning: '${verb}' is not a standard resource verb\n`);
  return verbs.includes('*') ? ['*'] : verbs;
}

async function resourceRules(context: Context, flags: Flags, verbs: readonly string[]): Promise<readonly object[]> {
  const given = list(flags, 'resource');
  const names = list(flags, 'resource-name');
  if (given.length === 0) throw new UsageError('at least one resource must be specified');
  if (given.length > 1 && given.includes('*') && names.length > 0)
    throw new UsageError('resource name can not be applied to all resources');
  const resources = await context.resources();
  const byGroup = new Map<string, string[]>();
  for (const each of new Set(given)) {
    const [type = '', ...rest] = each.split('/');
    const found = type === '*' ? { group: '', plural: '*' } : resources.find(type);
    const of = byGroup.get(found.group) ?? [];
    const name = [found.plural, ...rest].join('/');
    byGroup.set(found.group, of.includes(name) ? of : [...of, name]);
  }
  return [...byGroup]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, types]) => ({
      apiGroups: [group],
      ...(names.length === 0 ? {} : { resourceNames: names }),
      resources: types,
      verbs,
    }));
}
