import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { Kubeconfig, KubeconfigFile, KubeconfigFiles } from '../../client/kubeconfig';

type Entries = 'clusters' | 'contexts' | 'users';

const EMPTY: Kubeconfig = { apiVersion: 'v1', kind: 'Config', clusters: [], contexts: [], users: [] };

/** The file that a change to an entry belongs to: where it stands, or the first for a new one. */
export function fileOf({ files, paths }: KubeconfigFiles, entries: Entries, name: string): KubeconfigFile {
  const holds = ({ config }: KubeconfigFile): boolean => config[entries].some((each) => each.name === name);
  return files.find(holds) ?? files[0] ?? { path: paths[0] ?? '', config: EMPTY };
}

/** The file that says which context is in use, or the first. */
export function fileOfCurrentContext({ files, paths }: KubeconfigFiles): KubeconfigFile {
  const says = ({ config }: KubeconfigFile): boolean => (config['current-context'] ?? '') !== '';
  return files.find(says) ?? files[0] ?? { path: paths[0] ?? '', config: EMPTY };
}

/** Replaces the file at once, readable by its owner only: keys are in it. */
export function save(file: string, config: Kubeconfig): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The entries with one of them set, in its place or at the end. */
export const withEntry = <T extends { readonly name: string }>(entries: readonly T[], entry: T): readonly T[] =>
  entries.some(({ name }) => name === entry.name)
    ? entries.map((each) => (each.name === entry.name ? entry : each))
    : [...entries, entry];
