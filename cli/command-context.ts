import path from 'node:path';
import { ApiClient } from './client/api-client';
import { connectionOf } from './client/connection';
import { execCredential } from './client/exec-credential';
import type { KubeconfigFiles } from './client/kubeconfig';
import { kubeconfigPaths, loadKubeconfigs } from './client/kubeconfig';
import { Resources } from './client/resources';
import type { Context, Flags } from './commands/command';
import { count, isSet, seconds, text, words } from './commands/command';
import type { Environment } from './environment';
import type { Palette } from './output/palette';

/** What a command works with, by the flags of its line. */
export function createContext(
  flags: Flags,
  environment: Environment,
  palette: Palette,
): Context & { readonly warnings: number; close(): void } {
  const paths = kubeconfigPaths(environment, text(flags, 'kubeconfig'));
  let read: KubeconfigFiles | undefined;
  let connected: ApiClient | undefined;
  let resources: Promise<Resources> | undefined;
  const kubeconfig = (): KubeconfigFiles => (read ??= loadKubeconfigs(paths));
  const authority = text(flags, 'certificate-authority');
  const warnings = new Set<string>();
  const clientFiles = ['client-certificate', 'client-key'].map((name) => text(flags, name));
  const [clientCertificate, clientKey] = clientFiles.map((file) =>
    file === undefined ? undefined : path.resolve(environment.cwd, file),
  );
  const note = (output: string): void => void environment.stderr.write(output);
  const timeout = seconds(flags, 'request-timeout');
  const client = (): ApiClient =>
    (connected ??= new ApiClient(
      connectionOf(kubeconfig().merged, paths.join(':'), {
        context: text(flags, 'context'),
        cluster: text(flags, 'cluster'),
        // `create rolebinding --user` means whom to bind.
        user: Array.isArray(flags.user) ? undefined : text(flags, 'user'),
        server: text(flags, 'server'),
        namespace: text(flags, 'namespace'),
        token: text(flags, 'token'),
        as: text(flags, 'as'),
        asGroups: words(flags, 'as-group'),
        asUid: text(flags, 'as-uid'),
        asExtra: words(flags, 'as-user-extra'),
        clientCertificate,
        clientKey,
        username: text(flags, 'username'),
        password: text(flags, 'password'),
        serverName: text(flags, 'tls-server-name'),
        execute: (exec, cluster) =>
          execCredential(exec, {
            variables: environment.variables,
            cwd: environment.cwd,
            cluster,
            isInteractive: environment.stdin.isTTY === true,
          }),
        insecure: isSet(flags, 'insecure-skip-tls-verify') || undefined,
        certificateAuthority: authority === undefined ? undefined : path.resolve(environment.cwd, authority),
        requestTimeoutMs: timeout === undefined ? undefined : timeout * 1_000,
      }),
      {
        onWarning: (warning) => {
          // The same is said once, however many requests it comes with.
          if (!warnings.has(warning)) note(`${palette.warn('Warning:')} ${warning}\n`);
          warnings.add(warning);
        },
        ...((count(flags, 'v') ?? 0) < 6
          ? {}
          : { onExchange: ({ method, url, code }) => note(palette.dim(`${method} ${url} ${code}\n`)) }),
      },
    ));
  return {
    environment,
    palette,
    kubeconfig,
    client,
    resources: () => (resources ??= Resources.load(client())),
    get namespace() {
      return client().connection.namespace;
    },
    isNamespaceGiven: text(flags, 'namespace') !== undefined,
    out: (output) => void environment.stdout.write(output),
    note,
    get warnings() {
      return warnings.size;
    },
    close: () => connected?.close(),
  };
}
