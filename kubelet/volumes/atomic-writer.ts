import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { VolumeError } from './volume-error';

export interface ProjectedFile {
  readonly bytes: Buffer;
  readonly mode: number;
  /** Whose the file is; absent: root's, or whoever the agent runs as. */
  readonly uid?: number;
}
/** Relative path -> file. */
export type Payload = ReadonlyMap<string, ProjectedFile>;

const DATA_LINK = '..data';
const DATA_LINK_NEXT = '..data_tmp';
/** Group access that a volume with fsGroup gets (k8s.io/kubernetes/pkg/volume: rwMask for read-only content). */
const GROUP_READ = 0o440;

/**
 * Writes the payload into `folder` so that a reader sees either all of the old or all of the new content
 * (k8s.io/kubernetes/pkg/volume/util AtomicWriter): files live in a folder of their own that `..data` points to, and the
 * names users see are links through `..data`. Does nothing where the content is the same. Only one writer at a time.
 */
export async function writeAtomically(folder: string, payload: Payload, fsGroup?: number): Promise<boolean> {
  for (const file of payload.keys()) assertInside(file);
  const before = await readlink(path.join(folder, DATA_LINK)).catch(() => undefined);
  if (before !== undefined && (await isSame(path.join(folder, before), payload))) return false;

  const next = await mkdtemp(`${folder}${path.sep}..`);
  await chmod(next, 0o755);
  if (fsGroup !== undefined) await chown(next, -1, fsGroup);
  for (const [file, { bytes, mode, uid = -1 }] of payload) {
    const target = path.join(next, file);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, bytes);
    if (fsGroup !== undefined || uid !== -1) await chown(target, uid, fsGroup ?? -1);
    await chmod(target, fsGroup === undefined ? mode : mode | GROUP_READ);
  }
  await rm(path.join(folder, DATA_LINK_NEXT), { force: true });
  await symlink(path.basename(next), path.join(folder, DATA_LINK_NEXT));
  await rename(path.join(folder, DATA_LINK_NEXT), path.join(folder, DATA_LINK));

  await linkNames(folder, new Set([...payload.keys()].map((file) => file.split('/')[0] ?? file)));
  if (before !== undefined) await rm(path.join(folder, before), { recursive: true, force: true });
  return true;
}

/** True where something was written into the folder before. */
export const hasContent = (folder: string): Promise<boolean> =>
  stat(path.join(folder, DATA_LINK)).then(
    () => true,
    () => false,
  );

function assertInside(file: string): void {
  const segments = file.split('/');
  if (path.isAbsolute(file) || segments.includes('..') || segments.includes('') || file.startsWith('..'))
    throw new VolumeError(`invalid path ${JSON.stringify(file)}: must be relative and without '..'`);
}

async function linkNames(folder: string, names: ReadonlySet<string>): Promise<void> {
  const present = (await readdir(folder)).filter((name) => !name.startsWith('..'));
  for (const name of present) if (!names.has(name)) await rm(path.join(folder, name), { force: true });
  for (const name of names)
    if (!present.includes(name)) await symlink(path.join(DATA_LINK, name), path.join(folder, name));
}

async function isSame(folder: string, payload: Payload): Promise<boolean> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile());
  if (files.length !== payload.size) return false;
  for (const [file, { bytes, mode }] of payload) {
    const target = path.join(folder, file);
    const content = await readFile(target).catch(() => undefined);
    if (content === undefined || !content.equals(bytes)) return false;
    if (((await stat(target)).mode & mode) !== mode) return false;
  }
  return true;
}
