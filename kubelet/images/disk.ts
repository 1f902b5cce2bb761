import { statfs } from 'node:fs/promises';
import type { Supply } from '../eviction/thresholds';
import { hasCode } from '../volumes/volume-error';

/** Of the disk that a folder lies on; undefined where this process does not see it, as beside an engine in another container. */
export async function diskOf(folder: string): Promise<Supply | undefined> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { available: bavail * bsize, capacity: blocks * bsize };
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
