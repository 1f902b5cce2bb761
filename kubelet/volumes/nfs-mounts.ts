import { execFile } from 'node:child_process';
import { access, mkdir } from 'node:fs/promises';
import type { NFSVolumeSource } from '../../shared/api/objects';
import { isMountPoint } from './mount-table';
import { VolumeError } from './volume-error';

/** Where Debian and its like, and Fedora and its like, have it. */
const PROGRAMS = ['/sbin/mount.nfs', '/usr/sbin/mount.nfs'];
/**
 * A server that does not answer is tried again later by itself. Longer than the two minutes after which the mount
 * program itself gives up: what it says then tells more.
 */
const LIMIT_MS = 150_000;

export interface NfsMounts {
  /**
   * Mounts the export at the folder. Idempotent: what is mounted there stays, also from an agent before this one.
   * Throws VolumeError with what the machine lacks, or with the mount program's own words, or, once the program has
   * ended, that it was given up.
   */
  mount(folder: string, source: NFSVolumeSource, options: readonly string[], signal: AbortSignal): Promise<void>;
}

/** @param programs where the mount program may lie; the first that is there is taken. */
export const createNfsMounts = (isRoot: boolean, programs: readonly string[] = PROGRAMS): NfsMounts => ({
  async mount(folder, { server, path, readOnly }, options, signal) {
    if (server.startsWith('-')) throw new VolumeError(`${JSON.stringify(server)} is no name of a server`);
    if (!isRoot) throw new VolumeError('only an agent that runs as root can mount NFS');
    const program = await firstPresent(programs);
    if (program === undefined)
      throw new VolumeError(
        'this node has no mount.nfs: install it there (apt-get install nfs-common, or dnf install nfs-utils)',
      );
    await mkdir(folder, { recursive: true });
    if (await isMountPoint(folder)) return;
    const all = [...options, ...(readOnly === true ? ['ro'] : [])];
    await run(
      program,
      [`${hostOf(server)}:${path}`, folder, ...(all.length === 0 ? [] : ['-o', all.join(',')])],
      signal,
    );
  },
});

/** An IPv6 address is told from the path behind it by brackets. */
const hostOf = (server: string): string => (server.includes(':') && !server.startsWith('[') ? `[${server}]` : server);

async function firstPresent(programs: readonly string[]): Promise<string | undefined> {
  for (const program of programs)
    if (
      await access(program).then(
        () => true,
        () => false,
      )
    )
      return program;
  return undefined;
}

function run(program: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: Error): void =>
      reject(new VolumeError(`mounting ${args[0] ?? ''} failed: ${why}`, { cause }));
    if (signal.aborted) return fail('given up');
    const child = execFile(program, args, { timeout: LIMIT_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      signal.removeEventListener('abort', giveUp);
      if (error === null) return resolve();
      if (signal.aborted) return fail('given up', error);
      const said = (stderr.trim() || stdout.trim() || error.message).slice(0, 1_000);
      fail(error.killed === true ? `no answer in ${LIMIT_MS / 1_000} s` : said, error);
    });
    // Not by execFile's own signal, which does not wait: a mount that comes later would be in the way of who clears up.
    const giveUp = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', giveUp, { once: true });
  });
}
