import { readFileSync } from 'node:fs';
import type { ExecCredential } from './exec-credential';
import type { ExecConfig, Kubeconfig } from './kubeconfig';
import { KubeconfigError } from './kubeconfig';

/** Where and as whom to talk. */
export interface Connection {
  readonly server: string;
  readonly namespace: string;
  readonly ca?: Buffer;
  readonly insecure: boolean;
  readonly serverName?: string;
  readonly certificate?: Buffer;
  readonly key?: Buffer;
  readonly token?: string;
  /** `NAME:PASSWORD`, for servers behind something that asks for it. */
  readonly basic?: string;
  /** For whom to speak instead of oneself. */
  readonly impersonate?: {
    readonly user: string;
    readonly groups: readonly string[];
    readonly uid?: string;
    readonly extra: Readonly<Record<string, readonly string[]>>;
  };
  /** How long one request may take. */
  readonly requestTimeoutMs?: number;
}

/** What the command line says about the connection, over what the kubeconfig says. */
export interface ConnectionFlags {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly server?: string | undefined;
  readonly namespace?: string | undefined;
  readonly token?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly certificateAuthority?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroups?: readonly string[] | undefined;
  readonly asUid?: string | undefined;
  /** `KEY=VALUE`, a key several times for several values. */
  readonly asExtra?: readonly string[] | undefined;
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly serverName?: string | undefined;
  /** Asks the program that makes the user known; without it such a user has no credentials. */
  readonly execute?: ((exec: ExecConfig, cluster: object) => ExecCredential) | undefined;
  readonly requestTimeoutMs?: number | undefined;
}

/** Resolves a context to a connection. `from`: the files' names, for messages. Throws KubeconfigError. */
export function connectionOf(config: Kubeconfig, from: string, flags: ConnectionFlags): Connection {
  const name = flags.context ?? config['current-context'];
  const context = config.contexts.find((each) => each.name === name)?.context;
  if (context === undefined && (flags.context !== undefined || flags.cluster === undefined))
    throw new KubeconfigError(
      `there is no context "${name ?? ''}" in ${from}: kubectl-lite config get-contexts lists them`,
    );
  const cluster = named(
    config.clusters,
    flags.cluster,
    context?.cluster,
    `cluster "${flags.cluster ?? ''}" does not exist`,
  )?.cluster;
  const user =
    named(config.users, flags.user, context?.user, `auth info "${flags.user ?? ''}" does not exist`)?.user ?? {};
  const server = flags.server ?? cluster?.server;
  if (server === undefined) throw new KubeconfigError(`context "${name ?? ''}" of ${from} names no server`);
  const read = (data: string | undefined, file: string | undefined): Buffer | undefined =>
    data !== undefined ? Buffer.from(data, 'base64') : file === undefined ? undefined : readNamed(file, from);
  const ca =
    flags.certificateAuthority === undefined
      ? read(cluster?.['certificate-authority-data'], cluster?.['certificate-authority'])
      : readNamed(flags.certificateAuthority, 'the command line');
  const isTold = flags.token !== undefined || flags.clientCertificate !== undefined;
  const found = user.exec === undefined || isTold ? {} : (flags.execute?.(user.exec, { ...cluster, server }) ?? {});
  // A token of the command line stands alone: a certificate beside it would decide who speaks.
  const certificate = flags.clientCertificate
    ? readNamed(flags.clientCertificate, 'the command line')
    : flags.token === undefined
      ? (found.certificate ?? read(user['client-certificate-data'], user['client-certificate']))
      : undefined;
  const key = flags.clientKey
    ? readNamed(flags.clientKey, 'the command line')
    : flags.token === undefined
      ? (found.key ?? read(user['client-key-data'], user['client-key']))
      : undefined;
  const token =
    flags.token ??
    found.token ??
    user.token ??
    (user.tokenFile === undefined ? undefined : readNamed(user.tokenFile, from).toString('utf8').trim());
  const impersonate =
    flags.as === undefined
      ? undefined
      : {
          user: flags.as,
          groups: flags.asGroups ?? [],
          extra: extraOf(flags.asExtra ?? []),
          ...(flags.asUid === undefined ? {} : { uid: flags.asUid }),
        };
  const username = flags.username ?? user.username;
  const hasMore = (flags.asGroups ?? []).length > 0 || (flags.asExtra ?? []).length > 0 || flags.asUid !== undefined;
  const serverName = flags.serverName ?? cluster?.['tls-server-name'];
  if (flags.as === undefined && hasMore)
    throw new KubeconfigError(
      'requesting uid, groups or user-extra for someone without impersonating a user: say --as',
    );
  return {
    server,
    namespace: flags.namespace ?? context?.namespace ?? 'default',
    insecure: flags.insecure ?? cluster?.['insecure-skip-tls-verify'] ?? false,
    ...(serverName === undefined ? {} : { serverName }),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
    ...(token !== undefined || username === undefined
      ? {}
      : { basic: `${username}:${flags.password ?? user.password ?? ''}` }),
    ...(impersonate === undefined ? {} : { impersonate }),
    ...(flags.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: flags.requestTimeoutMs }),
  };
}

function extraOf(pairs: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const extra: Record<string, string[]> = {};
  for (const pair of pairs) {
    const [, key, value] = /^([^=]+)=(.*)$/s.exec(pair) ?? [];
    if (key === undefined || value === undefined)
      throw new KubeconfigError(`--as-user-extra ${pair}: must be KEY=VALUE`);
    (extra[key] ??= []).push(value);
  }
  return extra;
}

function named<T extends { readonly name: string }>(
  entries: readonly T[],
  flag: string | undefined,
  ofContext: string | undefined,
  problem: string,
): T | undefined {
  const found = entries.find(({ name }) => name === (flag ?? ofContext));
  if (found === undefined && flag !== undefined) throw new KubeconfigError(problem);
  return found;
}

function readNamed(file: string, from: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new KubeconfigError(
      `unable to read ${file}, which ${from} names: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
