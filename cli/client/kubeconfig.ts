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
    readonly 'proxy-url'?: string;
  };
}
/** A user whom a program makes known, as clouds and single sign-on have them (client.authentication.k8s.io). */
export interface ExecConfig {
  readonly apiVersion?: string;
  readonly command: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
  readonly provideClusterInfo?: boolean;
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
    readonly username?: string;
    readonly password?: string;
    readonly exec?: ExecConfig;
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

/** One of the files in use, and what it says. */
export interface KubeconfigFile {
  readonly path: string;
  readonly config: Kubeconfig;
}

export interface KubeconfigFiles {
  /** Those that are there, the first to be asked first; where none is, where one is to be written. */
  readonly paths: readonly string[];
  readonly files: readonly KubeconfigFile[];
  /** All of them together: of entries by one name, and of current-context, the first counts. Paths in it are absolute. */
  readonly merged: Kubeconfig;
}

/** Where a server that was installed on this machine leaves the administrator's; others than root do not see it. */
const INSTALLED = '/var/lib/pinsetter/kubeconfig';

/**
 * The files in use: --kubeconfig, those of KUBECONFIG, the local cluster's of this folder or checkout, ~/.kube/config,
 * that of the server installed here.
 */
export function kubeconfigPaths(environment: Environment, flag: string | undefined): readonly string[] {
  const { variables, cwd, checkout, home } = environment;
  if (flag !== undefined) return [path.resolve(cwd, flag)];
  const named = (variables.KUBECONFIG ?? '').split(path.delimiter).filter((file) => file !== '');
  if (named.length > 0) return [...new Set(named.map((file) => path.resolve(cwd, file)))];
  const local = [cwd, checkout]
    .map((folder) => path.join(folder, '.pinsetter', 'kubeconfig'))
    .find((file) => existsSync(file));
  const own = path.join(home, '.kube', 'config');
  return [
    [local, own].find((file) => file !== undefined && existsSync(file)) ?? (existsSync(INSTALLED) ? INSTALLED : own),
  ];
}

/** Of several files those that are not there do not count. Throws KubeconfigError with what to do. */
export function loadKubeconfigs(paths: readonly string[]): KubeconfigFiles {
  const files = paths
    .filter((file) => existsSync(file))
    .map((file): KubeconfigFile => ({ path: file, config: readKubeconfig(file) }));
  if (files.length === 0)
    throw new KubeconfigError(
      `no kubeconfig at ${paths.join(' or ')}: start a cluster with "make up", or name a file with --kubeconfig`,
    );
  return { paths, files, merged: merge(files) };
}

export function readKubeconfig(file: string): Kubeconfig {
  let config: Partial<Kubeconfig> | null;
  try {
    config = parse(readFileSync(file, 'utf8')) as Partial<Kubeconfig> | null;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new KubeconfigError(`error loading config file "${file}": ${reason}`);
  }
  if (config !== null && typeof config !== 'object')
    throw new KubeconfigError(`error loading config file "${file}": it holds no kubeconfig`);
  return { ...config, clusters: config?.clusters ?? [], users: config?.users ?? [], contexts: config?.contexts ?? [] };
}

function merge(files: readonly KubeconfigFile[]): Kubeconfig {
  const current = files
    .map(({ config }) => config['current-context'])
    .find((name) => name !== undefined && name !== '');
  return {
    ...files[0]?.config,
    clusters: firstByName(
      files.flatMap(({ path: file, config }) =>
        config.clusters.map((each) => ({ ...each, cluster: absolute(each.cluster, file, ['certificate-authority']) })),
      ),
    ),
    contexts: firstByName(files.flatMap(({ config }) => config.contexts)),
    users: firstByName(
      files.flatMap(({ path: file, config }) =>
        config.users.map((each) => ({
          ...each,
          user: absolute(each.user, file, ['client-certificate', 'client-key', 'tokenFile']),
        })),
      ),
    ),
    ...(current === undefined ? {} : { 'current-context': current }),
  };
}

const firstByName = <T extends { readonly name: string }>(entries: readonly T[]): readonly T[] =>
  entries.filter(({ name }, index) => entries.findIndex((each) => each.name === name) === index);

/** Paths in a kubeconfig are relative to its folder. */
function absolute<T extends object>(entry: T | undefined, file: string, fields: readonly (keyof T & string)[]): T {
  const resolved = fields.flatMap((field) => {
    const value = entry?.[field];
    return typeof value === 'string' && value !== '' ? [[field, path.resolve(path.dirname(file), value)]] : [];
  });
  return { ...entry, ...Object.fromEntries(resolved) } as T;
}
