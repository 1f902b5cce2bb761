import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ExecConfig, KubeconfigFiles, NamedContext } from '../../client/kubeconfig';
import { UsageError } from '../../client/resources';
import type { Command, Context, Flags } from '../command';
import { parsePairs } from '../../pairs';
import { isSet, text, words } from '../command';
import { fileOf, fileOfCurrentContext, save, withEntry } from './change';

const command = (
  of: Pick<Command, 'name' | 'usage' | 'describe'> & { aliases?: readonly string[]; build?: Command['build'] },
  run: (context: Context, flags: Flags, files: KubeconfigFiles) => void,
): Command => ({
  build: (yargs) => yargs,
  ...of,
  run: async (context, flags) => {
    run(context, flags, context.kubeconfig());
    await Promise.resolve();
  },
});

function nameOf(flags: Flags, of: string): string {
  const name = text(flags, 'name');
  if (name === undefined) throw new UsageError(`you must specify the name of a ${of}`);
  return name;
}

function contextNamed({ merged, paths }: KubeconfigFiles, name: string): NamedContext {
  const found = merged.contexts.find((each) => each.name === name);
  if (found === undefined)
    throw new UsageError(
      `no context exists with the name: "${name}" in ${paths.join(':')}: kubectl-lite config get-contexts lists them`,
    );
  return found;
}

export const useContext = command(
  { name: 'use-context', aliases: ['use'], usage: 'use-context [name]', describe: 'work in another context' },
  (context, flags, files) => {
    const { name } = contextNamed(files, nameOf(flags, 'context'));
    const file = fileOfCurrentContext(files);
    save(file.path, { ...file.config, 'current-context': name });
    context.out(`Switched to context "${name}".\n`);
  },
);

export const setContext = command(
  {
    name: 'set-context',
    usage: 'set-context [name]',
    describe: 'make or change a context: --cluster, --user, --namespace',
    build: (yargs) => yargs.option('current', { type: 'boolean', describe: 'the context in use' }),
  },
  (context, flags, files) => {
    const name = isSet(flags, 'current') ? (files.merged['current-context'] ?? '') : nameOf(flags, 'context');
    if (name === '') throw new UsageError('no current context is set');
    const present = files.merged.contexts.find((each) => each.name === name);
    const [cluster, user, namespace] = ['cluster', 'user', 'namespace'].map((flag) => text(flags, flag));
    if (cluster === undefined && user === undefined && namespace === undefined)
      throw new UsageError('say what of it: --cluster, --user or --namespace');
    const entry = {
      name,
      context: {
        ...(present?.context ?? { cluster: '', user: '' }),
        ...(cluster === undefined ? {} : { cluster }),
        ...(user === undefined ? {} : { user }),
        ...(namespace === undefined ? {} : { namespace }),
      },
    };
    const file = fileOf(files, 'contexts', name);
    save(file.path, { ...file.config, contexts: withEntry(file.config.contexts, entry) });
    context.out(`Context "${name}" ${present === undefined ? 'created' : 'modified'}.\n`);
  },
);

export const renameContext = command(
  { name: 'rename-context', usage: 'rename-context <name> <to>', describe: 'give a context another name' },
  (context, flags, files) => {
    const { name } = contextNamed(files, nameOf(flags, 'context'));
    const to = text(flags, 'to') ?? '';
    if (files.merged.contexts.some((each) => each.name === to))
      throw new UsageError(`cannot rename the context "${name}", the context "${to}" already exists`);
    const { path: file, config } = fileOf(files, 'contexts', name);
    const contexts = config.contexts.map((each) => (each.name === name ? { ...each, name: to } : each));
    save(file, { ...config, contexts });
    if (files.merged['current-context'] === name) {
      const current = fileOfCurrentContext(context.kubeconfig());
      const shown = current.path === file ? { ...config, contexts } : current.config;
      save(current.path, { ...shown, 'current-context': to });
    }
    context.out(`Context "${name}" renamed to "${to}".\n`);
  },
);

const deleting = (entries: 'clusters' | 'contexts' | 'users', singular: string): Command =>
  command(
    { name: `delete-${singular}`, usage: `delete-${singular} [name]`, describe: `forget a ${singular}` },
    (context, flags, files) => {
      const name = nameOf(flags, singular);
      const file = fileOf(files, entries, name);
      const left = file.config[entries].filter((each) => each.name !== name);
      if (left.length === file.config[entries].length)
        throw new UsageError(`cannot delete ${singular} ${name}, not in ${file.path}`);
      save(file.path, { ...file.config, [entries]: left });
      context.out(`deleted ${singular} ${name} from ${file.path}\n`);
      if (entries === 'contexts' && files.merged['current-context'] === name)
        context.note(
          'warning: this removed your active context, use "kubectl-lite config use-context" to select a different one\n',
        );
    },
  );

export const deleteContext = deleting('contexts', 'context');
export const deleteCluster = deleting('clusters', 'cluster');
export const deleteUser = deleting('users', 'user');

const readFlag = (context: Context, file: string): string => {
  try {
    return readFileSync(path.resolve(context.environment.cwd, file)).toString('base64');
  } catch (error) {
    throw new UsageError(`could not read ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
};

/** A file's path, or with --embed-certs its content. */
const fileFields = (context: Context, flags: Flags, names: readonly string[]): object =>
  Object.fromEntries(
    names.flatMap((name) => {
      const file = text(flags, name);
      if (file === undefined) return [];
      return isSet(flags, 'embed-certs')
        ? [[`${name}-data`, readFlag(context, file)]]
        : [[name, path.resolve(context.environment.cwd, file)]];
    }),
  );

export const setCluster = command(
  {
    name: 'set-cluster',
    usage: 'set-cluster [name]',
    describe: 'make or change a cluster: --server, --certificate-authority',
    build: (yargs) =>
      yargs
        .option('embed-certs', { type: 'boolean', describe: 'keep the content of the file' })
        .option('tls-server-name', { type: 'string', describe: 'the name in its certificate' }),
  },
  (context, flags, files) => {
    const name = nameOf(flags, 'cluster');
    const file = fileOf(files, 'clusters', name);
    const [server, serverName] = [text(flags, 'server'), text(flags, 'tls-server-name')];
    const cluster = {
      ...file.config.clusters.find((each) => each.name === name)?.cluster,
      ...(server === undefined ? {} : { server: server.replace(/\/+$/, '') }),
      ...(serverName === undefined ? {} : { 'tls-server-name': serverName }),
      ...(isSet(flags, 'insecure-skip-tls-verify') ? { 'insecure-skip-tls-verify': true } : {}),
      ...fileFields(context, flags, ['certificate-authority']),
    };
    save(file.path, { ...file.config, clusters: withEntry(file.config.clusters, { name, cluster }) });
    context.out(`Cluster "${name}" set.\n`);
  },
);

export const setCredentials = command(
  {
    name: 'set-credentials',
    usage: 'set-credentials [name]',
    describe: 'make or change a user: --token, --client-certificate, --client-key, --username, --exec-command',
    build: (yargs) =>
      yargs
        .option('client-certificate', { type: 'string', describe: 'PEM file' })
        .option('client-key', { type: 'string', describe: 'PEM file' })
        .option('exec-command', { type: 'string', describe: 'the program that tells who the user is' })
        .option('exec-arg', { type: 'string', array: true, describe: 'an argument of it' })
        .option('exec-env', { type: 'string', array: true, describe: 'a variable of it: NAME=VALUE' })
        .option('exec-api-version', { type: 'string', describe: 'of what it prints' })
        .option('exec-interactive-mode', { type: 'string', describe: 'Never, IfAvailable or Always' })
        .option('exec-provide-cluster-info', { type: 'boolean', describe: 'tell it the server' })
        .option('embed-certs', { type: 'boolean', describe: 'keep the content of the files' }),
  },
  (context, flags, files) => {
    const name = nameOf(flags, 'user');
    const file = fileOf(files, 'users', name);
    const token = text(flags, 'token');
    const user = {
      ...file.config.users.find((each) => each.name === name)?.user,
      ...(token === undefined ? {} : { token }),
      ...Object.fromEntries(
        ['username', 'password'].flatMap((field) => {
          const value = text(flags, field);
          return value === undefined ? [] : [[field, value]];
        }),
      ),
      ...execFields(flags, file.config.users.find((each) => each.name === name)?.user.exec),
      ...fileFields(context, flags, ['client-certificate', 'client-key']),
    };
    save(file.path, { ...file.config, users: withEntry(file.config.users, { name, user }) });
    context.out(`User "${name}" set.\n`);
  },
);

/** What the flags say of the program that makes the user known, over what is there. */
function execFields(flags: Flags, present: ExecConfig | undefined): { readonly exec?: ExecConfig } {
  const command = text(flags, 'exec-command') ?? present?.command;
  if (command === undefined) return {};
  const [args, env] = [words(flags, 'exec-arg'), parsePairs(words(flags, 'exec-env').join(','), 'exec-env')];
  const [apiVersion, interactiveMode] = ['exec-api-version', 'exec-interactive-mode'].map((name) => text(flags, name));
  const exec = {
    ...present,
    command,
    ...(args.length === 0 ? {} : { args }),
    ...(Object.keys(env).length === 0 ? {} : { env: Object.entries(env).map(([name, value]) => ({ name, value })) }),
    ...(apiVersion === undefined ? {} : { apiVersion }),
    ...(interactiveMode === undefined ? {} : { interactiveMode }),
    ...(isSet(flags, 'exec-provide-cluster-info') ? { provideClusterInfo: true } : {}),
  };
  return { exec };
}
