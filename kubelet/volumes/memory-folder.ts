import { execFile } from 'node:child_process';
import { mkdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { isMountPoint, mountsAtOrBelow } from './mount-table';

const run = promisify(execFile);

/** The kernel says goodbye to a file server, also after what it had mounted is off: one that is away would take minutes. */
const UNMOUNT_MS = 10_000;

/**
 * Folders whose content never reaches a disk, shared by all containers of a pod. As root a tmpfs is mounted at the
 * folder; else the folder is a link into /dev/shm, which is memory as well but knows no size limit.
 */
export interface MemoryFolders {
  /** Idempotent: a tmpfs that is still mounted stays with its content. */
  make(folder: string, sizeBytes?: number): Promise<void>;
  /** Leaves nothing at `folder`; what else is mounted there or below is taken off, and keeps its content. Gone already is success. */
  remove(folder: string): Promise<void>;
}

/** @param umount the program that takes mounts off. */
export const createMemoryFolders = (isRoot: boolean, umount = 'umount'): MemoryFolders =>
  isRoot ? mounted(umount) : linked;

const mounted = (umount: string): MemoryFolders => ({
  async make(folder, sizeBytes) {
    await mkdir(folder, { recursive: true });
    if (await isMountPoint(folder)) return;
    const size = sizeBytes === undefined ? '' : `,size=${sizeBytes}`;
    await run('mount', ['-t', 'tmpfs', '-o', `mode=0777,nosuid,nodev${size}`, 'tmpfs', folder]);
  },
  async remove(folder) {
    // Lazily, since a process that still holds a file must not keep the pod from going.
    for (const target of await mountsAtOrBelow(folder)) await takeOff(umount, target);
    await rm(folder, { recursive: true, force: true });
  },
});

/** Throws where it is still mounted. */
async function takeOff(umount: string, target: string): Promise<void> {
  try {
    await run(umount, ['-l', target], { timeout: UNMOUNT_MS, killSignal: 'SIGKILL' });
  } catch (error) {
    if (await isMountPoint(target)) throw error;
  }
}

const linked: MemoryFolders = {
  async make(folder) {
    if ((await stat(folder).catch(() => undefined)) !== undefined) return;
    const shared = path.join('/dev/shm', `pinsetter${folder.replaceAll(path.sep, '-')}`);
    await mkdir(shared, { recursive: true, mode: 0o700 });
    await mkdir(path.dirname(folder), { recursive: true });
    await rm(folder, { force: true });
    await symlink(shared, folder);
  },
  async remove(folder) {
    const shared = await readlink(folder).catch(() => undefined);
    if (shared !== undefined) await rm(shared, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  },
};
