import { constants } from 'node:fs';
import { lstat, mkdir, open, readlink, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { VolumeError, hasCode } from './volume-error';

/** Not who owns it, and not the bit that keeps others from removing. */
const PERMISSIONS = 0o2777;

/**
 * The real path of `subPath` inside a volume, made where it is missing, with the volume's own permissions: who may write
 * into the one may into the other. What a container wrote into the volume is not trusted: a link that leads out of it is
 * refused.
 */
export async function resolveSubPath(volumeRoot: string, subPath: string): Promise<string> {
  if (path.isAbsolute(subPath) || subPath.split('/').includes('..'))
    throw new VolumeError(`subPath ${JSON.stringify(subPath)} must be relative and without '..'`);
  const root = await realpath(volumeRoot);
  const mode = (await stat(root)).mode & PERMISSIONS;
  let current = root;
  for (const segment of subPath.split('/').filter((part) => part !== '' && part !== '.')) {
    current = await resolveSegment(path.join(current, segment), mode);
    if (current !== root && !current.startsWith(`${root}${path.sep}`))
      throw new VolumeError(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
  }
  return current;
}

async function resolveSegment(candidate: string, mode: number): Promise<string> {
  try {
    return await realpath(candidate);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const isDangling = await lstat(candidate).then(
      () => true,
      () => false,
    );
    if (isDangling) throw new VolumeError(`${path.basename(candidate)} is a link to nothing`);
    await mkdir(candidate);
    await setMode(candidate, mode);
    return candidate;
  }
}

/** Of the folder that was made there, also where a container has put a link in its way since. */
async function setMode(folder: string, mode: number): Promise<void> {
  const made = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    if ((await readlink(`/proc/self/fd/${made.fd}`)) !== folder)
      throw new VolumeError(`${path.basename(folder)} was moved while it was made`);
    // The process' umask has no say in it.
    await made.chmod(mode);
  } finally {
    await made.close();
  }
}
