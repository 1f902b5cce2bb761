import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import type { Environment } from '../environment';

export class KubeconfigError extends Error {
  override readonly name = 'KubeconfigError';
}

interface NamedCluster {
  readonly name: string;
  readonly cluster: {
    readonly server?: string;
    readonly 'certificate-authority'?: string;
    readonly 'certificate-authority-data'?: string;
    readonly 'insecure-skip-tls-verify'?: boolean;
    readonly 'tls-server-name'?: string;
  };
}
interface NamedUser {
  readonly name: string;
  readonly user: {
    readonly 'client-certificate'?: string;
    readonly 'client-certificate-data'?: string;
    readonly 'client-key'?: string;
    readonly 'client-key-data'?: string;
    readonly token?: string;
    readonly tokenFile?: string;
  };
}
export interface NamedContext {
  readonly name: string;
  readonly context: { readonly cluster: string; readonly user: string; readonly namespace?: string };
}

export interface Kubeconfig {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly clusters: readonly NamedCluster[];
  readonly users: readonly NamedUser[];
  readonly contexts: readonly NamedContext[];
  readonly 'current-context'?: string;
}

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
}

/** The file in use: --kubeconfig, KUBECONFIG, the local cluster's of this folder or checkout, ~/.kube/config. */
export function kubeconfigFile(environment: Environment, flag: string | undefined): string {
  const { variables, cwd, checkout, home } = environment;
  if (flag !== undefined) return path.resolve(cwd, flag);
  const named = variables.KUBECONFIG?.split(path.delimiter).find((file) => file !== '');
  if (named !== undefined) return path.resolve(cwd, named);
  const local = [cwd, checkout]
    .map((folder) => path.join(folder, '.pinsetter', 'kubeconfig'))
    .find((file) => existsSync(file));
  return local ?? path.join(home, '.kube', 'config');
}

/** Throws KubeconfigError with what to do. */
export function loadKubeconfig(file: string): Kubeconfig {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new KubeconfigError(
      `no kubeconfig at ${file}: start a cluster with "make up", or name a file with --kubeconfig`,
    );
  }
  const config = parse(text) as Partial<Kubeconfig> | null;
  return { ...config, clusters: config?.clusters ?? [], users: config?.users ?? [], contexts: config?.contexts ?? [] };
}

/** Resolves a context to a connection. Throws KubeconfigError. */
export function connectionOf(
  config: Kubeconfig,
  file: string,
  flags: {
    readonly context?: string | undefined;
    readonly server?: string | undefined;
    readonly namespace?: string | undefined;
  },
): Connection {
  const name = flags.context ?? config['current-context'];
  const context = config.contexts.find((each) => each.name === name)?.context;
  if (context === undefined)
    throw new KubeconfigError(
      `there is no context "${name ?? ''}" in ${file}: kubectl-lite config get-contexts lists them`,
    );
  const cluster = config.clusters.find((each) => each.name === context.cluster)?.cluster;
  const user = config.users.find((each) => each.name === context.user)?.user ?? {};
  const server = flags.server ?? cluster?.server;
  if (server === undefined) throw new KubeconfigError(`context "${name ?? ''}" of ${file} names no server`);
  const folder = path.dirname(file);
  const read = (data: string | undefined, from: string | undefined): Buffer | undefined =>
    data !== undefined
      ? Buffer.from(data, 'base64')
      : from === undefined
        ? undefined
        : readFileSync(path.resolve(folder, from));
  const ca = read(cluster?.['certificate-authority-data'], cluster?.['certificate-authority']);
  const certificate = read(user['client-certificate-data'], user['client-certificate']);
  const key = read(user['client-key-data'], user['client-key']);
  const token =
    user.token ??
    (user.tokenFile === undefined ? undefined : readFileSync(path.resolve(folder, user.tokenFile), 'utf8').trim());
  return {
    server,
    namespace: flags.namespace ?? context.namespace ?? 'default',
    insecure: cluster?.['insecure-skip-tls-verify'] ?? false,
    ...(cluster?.['tls-server-name'] === undefined ? {} : { serverName: cluster['tls-server-name'] }),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(key === undefined ? {} : { key }),
    ...(token === undefined ? {} : { token }),
  };
}
