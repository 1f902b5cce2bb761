import { lstat, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { VolumeError, hasCode } from './volume-error';

/**
 * The real path of `subPath` inside a volume, made where it is missing. What a container wrote into the volume is not
 * trusted: a link that leads out of it is refused.
 */
export async function resolveSubPath(volumeRoot: string, subPath: string): Promise<string> {
  if (path.isAbsolute(subPath) || subPath.split('/').includes('..'))
    throw new VolumeError(`subPath ${JSON.stringify(subPath)} must be relative and without '..'`);
  const root = await realpath(volumeRoot);
  let current = root;
  for (const segment of subPath.split('/').filter((part) => part !== '' && part !== '.')) {
    current = await resolveSegment(path.join(current, segment));
    if (current !== root && !current.startsWith(`${root}${path.sep}`))
      throw new VolumeError(`subPath ${JSON.stringify(subPath)} leads out of its volume`);
  }
  return current;
}

async function resolveSegment(candidate: string): Promise<string> {
  try {
    return await realpath(candidate);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
    const isDangling = await lstat(candidate).then(
      () => true,
      () => false,
    );
    if (isDangling) throw new VolumeError(`${path.basename(candidate)} is a link to nothing`);
    await mkdir(candidate, { mode: 0o750 });
    return candidate;
  }
}
