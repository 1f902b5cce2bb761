import type { Stats } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { VolumeError, hasCode } from './volume-error';

const CHECKS: Readonly<Record<string, { readonly is: (stats: Stats) => boolean; readonly name: string }>> = {
  Directory: { is: (stats) => stats.isDirectory(), name: 'directory' },
  File: { is: (stats) => stats.isFile(), name: 'file' },
  Socket: { is: (stats) => stats.isSocket(), name: 'socket file' },
  CharDevice: { is: (stats) => stats.isCharacterDevice(), name: 'character device' },
  BlockDevice: { is: (stats) => stats.isBlockDevice(), name: 'block device' },
};

const CREATES: Readonly<Record<string, string>> = { DirectoryOrCreate: 'Directory', FileOrCreate: 'File' };

/** Checks a hostPath volume against its type, and makes what the type says to make. */
export async function prepareHostPath(hostPath: string, type = ''): Promise<void> {
  if (!path.isAbsolute(hostPath)) throw new VolumeError(`hostPath ${JSON.stringify(hostPath)} is not absolute`);
  const found = await stat(hostPath).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found === undefined && type === 'FileOrCreate') return writeFile(hostPath, '', { mode: 0o644 });
  if (found === undefined && (type === 'DirectoryOrCreate' || type === '')) {
    await mkdir(hostPath, { recursive: true, mode: 0o755 });
    return;
  }
  const check = CHECKS[CREATES[type] ?? type];
  if (check === undefined) return;
  if (found === undefined || !check.is(found))
    throw new VolumeError(`hostPath type check failed: ${hostPath} is not a ${check.name}`);
}
