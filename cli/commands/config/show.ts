import { readFileSync } from 'node:fs';
import type { Kubeconfig } from '../../client/kubeconfig';
import { UsageError } from '../../client/resources';
import { tableWidth } from '../../environment';
import { layoutColumns } from '../../output/columns';
import { format, parseOutput } from '../../output/format';
import type { Command } from '../command';
import { isSet, text } from '../command';
import { printing } from '../flag-groups';
import { withoutSecrets } from './without-secrets';

export const view: Command = {
  name: 'view',
  usage: 'view',
  describe: 'what the kubeconfig files say together',
  build: (yargs) =>
    printing(yargs)
      .option('raw', { type: 'boolean', describe: 'with secrets' })
      .option('minify', { type: 'boolean', describe: 'only what the context in use needs' })
      .option('flatten', { type: 'boolean', describe: 'with the content of the files that it names, secrets too' }),
  run: async (context, flags) => {
    const output = text(flags, 'output') ?? 'yaml';
    parseOutput(output, text(flags, 'template'), 'changes');
    const { merged } = context.kubeconfig();
    const chosen = isSet(flags, 'minify') ? minified(merged, text(flags, 'context')) : merged;
    const isRaw = isSet(flags, 'raw') || isSet(flags, 'flatten');
    const complete = isSet(flags, 'flatten') ? flattened(chosen) : chosen;
    const value = { apiVersion: 'v1', kind: 'Config', ...((isRaw ? complete : withoutSecrets(complete)) as object) };
    const { cwd } = context.environment;
    context.out(format(output, value, [], { nameOf: () => '', template: text(flags, 'template'), cwd }));
    await Promise.resolve();
  },
};

function minified(config: Kubeconfig, wanted: string | undefined): Kubeconfig {
  const current = wanted ?? config['current-context'];
  const context = config.contexts.find(({ name }) => name === current);
  if (context === undefined) throw new UsageError(`cannot locate context ${current ?? ''}`);
  return {
    ...config,
    'current-context': context.name,
    contexts: [context],
    clusters: config.clusters.filter(({ name }) => name === context.context.cluster),
    users: config.users.filter(({ name }) => name === context.context.user),
  };
}

/** Files that entries name, as data within them. */
function flattened(config: Kubeconfig): Kubeconfig {
  const inline = <T extends object>(entry: T, fields: readonly string[]): T => {
    const values = new Map<string, unknown>(Object.entries(entry));
    for (const field of fields) {
      const file = values.get(field);
      if (typeof file !== 'string' || file === '') continue;
      if (!values.has(`${field}-data`)) values.set(`${field}-data`, readFileSync(file).toString('base64'));
      values.delete(field);
    }
    return Object.fromEntries(values) as T;
  };
  return {
    ...config,
    clusters: config.clusters.map((each) => ({ ...each, cluster: inline(each.cluster, ['certificate-authority']) })),
    users: config.users.map((each) => ({ ...each, user: inline(each.user, ['client-certificate', 'client-key']) })),
  };
}

export const currentContext: Command = {
  name: 'current-context',
  usage: 'current-context',
  describe: 'which context is in use',
  build: (yargs) => yargs,
  run: async (context) => {
    const current = context.kubeconfig().merged['current-context'];
    if (current === undefined || current === '') throw new UsageError('current-context is not set');
    context.out(`${current}\n`);
    await Promise.resolve();
  },
};

export const getContexts: Command = {
  name: 'get-contexts',
  usage: 'get-contexts [name]',
  describe: 'all contexts, or one',
  build: (yargs) =>
    yargs
      .option('output', { alias: 'o', type: 'string', describe: 'name' })
      .option('no-headers', { type: 'boolean', describe: 'leave out the heading' }),
  run: async (context, flags) => {
    const { merged } = context.kubeconfig();
    const wanted = text(flags, 'name');
    const found = merged.contexts.filter(({ name }) => wanted === undefined || name === wanted);
    if (wanted !== undefined && found.length === 0) throw new UsageError(`context ${wanted} not found`);
    const output = text(flags, 'output');
    if (output !== undefined && output !== 'name')
      throw new UsageError(`output must be one of '' or 'name': ${output}`);
    const sorted = [...found].sort((a, b) => (a.name < b.name ? -1 : 1));
    if (output === 'name') return context.out(sorted.map(({ name }) => `${name}\n`).join(''));
    const rows = sorted.map(({ name, context: { cluster, user, namespace } }) => [
      name === merged['current-context'] ? '*' : '',
      name,
      cluster,
      user,
      namespace ?? '',
    ]);
    const head = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
    context.out(layoutColumns(isSet(flags, 'no-headers') ? rows : [head, ...rows], tableWidth(context.environment)));
    await Promise.resolve();
  },
};

const listing = (name: string, entries: 'clusters' | 'users', describe: string): Command => ({
  name,
  usage: name,
  describe,
  build: (yargs) => yargs,
  run: async (context) => {
    const names = context.kubeconfig().merged[entries].map((each) => each.name);
    context.out(
      `NAME\n${names
        .sort()
        .map((each) => `${each}\n`)
        .join('')}`,
    );
    await Promise.resolve();
  },
});

export const getClusters = listing('get-clusters', 'clusters', 'all clusters');
export const getUsers = listing('get-users', 'users', 'all users');
