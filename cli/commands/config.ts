import { renameSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { UsageError } from '../client/resources';
import type { Kubeconfig } from '../client/kubeconfig';
import { layoutColumns } from '../output/columns';
import type { Command, Context, Flags } from './command';
import { isSet, text, words } from './command';

export const config: Command = {
  name: 'config',
  usage: 'config <action> [name]',
  describe: 'view, get-contexts, current-context, use-context NAME, set-context [NAME|--current] --namespace NS',
  build: (yargs) => yargs.option('current', { type: 'boolean', describe: 'the context in use' }),
  run: (context, flags) => Promise.resolve(run(context, flags)),
};

function run(context: Context, flags: Flags): void {
  const { files, merged: kubeconfig, paths } = context.kubeconfig();
  const file = files[0]?.path ?? paths[0] ?? '';
  const [name] = words(flags, 'name');
  switch (text(flags, 'action')) {
    case 'view':
      return context.out(stringify(withoutSecrets(kubeconfig), { lineWidth: 0 }));
    case 'current-context':
      return context.out(`${kubeconfig['current-context'] ?? ''}\n`);
    case 'get-contexts': {
      const rows = kubeconfig.contexts.map(({ name: each, context: { cluster, user, namespace } }) => [
        each === kubeconfig['current-context'] ? '*' : '',
        each,
        cluster,
        user,
        namespace ?? '',
      ]);
      return context.out(layoutColumns([['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'], ...rows]));
    }
    case 'use-context':
      requireContext(kubeconfig, name, file);
      save(file, { ...kubeconfig, 'current-context': name ?? '' });
      return context.out(`Switched to context "${name ?? ''}".\n`);
    case 'set-context': {
      const wanted = isSet(flags, 'current') ? kubeconfig['current-context'] : name;
      requireContext(kubeconfig, wanted, file);
      const namespace = text(flags, 'namespace');
      if (namespace === undefined) throw new UsageError('say which namespace: --namespace NAME');
      const contexts = kubeconfig.contexts.map((each) =>
        each.name === wanted ? { ...each, context: { ...each.context, namespace } } : each,
      );
      save(file, { ...kubeconfig, contexts });
      return context.out(`Context "${wanted ?? ''}" modified.\n`);
    }
    default:
      throw new UsageError('config takes view, get-contexts, current-context, use-context or set-context');
  }
}

function requireContext({ contexts }: Kubeconfig, name: string | undefined, file: string): void {
  if (!contexts.some((each) => each.name === name))
    throw new UsageError(`there is no context "${name ?? ''}" in ${file}: kubectl-lite config get-contexts lists them`);
}

/** Replaces the file at once, readable by its owner only: keys are in it. */
function save(file: string, kubeconfig: Kubeconfig): void {
  writeFileSync(`${file}.new`, stringify(kubeconfig, { lineWidth: 0 }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

const SECRET_FIELDS = [
  'access-token',
  'certificate-authority-data',
  'client-certificate-data',
  'client-key-data',
  'client-secret',
  'id-token',
  'password',
  'refresh-token',
  'token',
];

/** What a kubeconfig may show: no keys, tokens or passwords, and no values that a credential program is given. */
export const withoutSecrets = (kubeconfig: Kubeconfig): unknown =>
  JSON.parse(
    JSON.stringify(kubeconfig, (key, value: unknown) => {
      if (SECRET_FIELDS.includes(key)) return 'DATA+OMITTED';
      if (key !== 'env' || !Array.isArray(value)) return value;
      return (value as readonly { readonly name?: unknown }[]).map(({ name }) => ({ name, value: 'DATA+OMITTED' }));
    }),
  ) as unknown;
