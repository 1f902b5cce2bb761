import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { eventually } from './eventually';

const ROOT = '/sys/fs/cgroup';
const CONTROLLERS = ['cpu', 'cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd', 'unified'];

/** Whether this machine has the unified hierarchy alone. */
export const isCgroupV2 = (): boolean => existsSync(path.join(ROOT, 'cgroup.controllers'));

/** A host's own groups, one in each hierarchy: all its processes are in them, and nobody else's. */
export class HostCgroups {
  private readonly folders: readonly string[];

  constructor(name: string) {
    const roots = isCgroupV2()
      ? [ROOT]
      : CONTROLLERS.map((each) => path.join(ROOT, each)).filter((each) => existsSync(path.join(each, 'cgroup.procs')));
    this.folders = roots.map((each) => path.join(each, name));
  }

  make(): void {
    for (const folder of this.folders) {
      mkdirSync(folder, { recursive: true });
      if (path.basename(path.dirname(folder)) !== 'cpuset') continue;
      for (const each of ['cpuset.cpus', 'cpuset.mems'])
        writeFileSync(path.join(folder, each), readFileSync(path.join(folder, '..', each)));
    }
  }

  /** Files that take in the process whose id is written there. */
  entrances(): readonly string[] {
    const inner = this.folders.map((each) => (existsSync(path.join(each, 'init')) ? path.join(each, 'init') : each));
    return inner.map((each) => path.join(each, 'cgroup.procs'));
  }

  /**
   * What a program is started by, in these groups, so that they are the roots it sees. In the unified hierarchy it goes on
   * one level below: a group that hands out controllers may hold no process itself, nor may one wait there for its child.
   */
  apart(): readonly string[] {
    const [unified] = this.folders;
    if (!isCgroupV2() || unified === undefined) return ['unshare', '--cgroup'];
    const below = 'mkdir -p "$0" && echo $$ > "$0/cgroup.procs" && exec "$@"';
    return ['unshare', '--cgroup', 'sh', '-c', below, path.join(unified, 'init')];
  }

  /** Stops every process where it is, or lets all go on. */
  async freeze(isFrozen: boolean): Promise<void> {
    const folder = this.folders.find((each) => isCgroupV2() || each.startsWith(path.join(ROOT, 'freezer')));
    if (folder === undefined) throw new Error('this kernel has no freezer: a host cannot be paused');
    if (isCgroupV2()) return writeFileSync(path.join(folder, 'cgroup.freeze'), isFrozen ? '1' : '0');
    const [state, word] = [path.join(folder, 'freezer.state'), isFrozen ? 'FROZEN' : 'THAWED'];
    await eventually(`the host is ${word}`, () => {
      writeFileSync(state, word);
      return Promise.resolve(readFileSync(state, 'utf8').trim() === word);
    });
  }

  /** Ends every process, frozen or not. Resolves when none is left. */
  async kill(): Promise<void> {
    if (!existsSync(this.folders[0] ?? '')) return;
    await eventually('all processes of the host end', async () => {
      const pids = new Set(this.folders.flatMap(pidsBelow));
      for (const pid of pids) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself.
        }
      }
      // What is frozen does not even die.
      if (pids.size > 0) await this.freeze(false).catch(() => undefined);
      return pids.size === 0;
    });
  }

  /** After `kill`. */
  async remove(): Promise<void> {
    for (const folder of this.folders) {
      await eventually(`${folder} goes`, () => {
        try {
          removeTree(folder);
        } catch (error) {
          // The kernel still buries what was in there.
          if ((error as NodeJS.ErrnoException).code === 'EBUSY') return Promise.resolve(false);
          throw error;
        }
        return Promise.resolve(true);
      });
    }
  }
}

const foldersIn = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((each) => each.isDirectory())
    .map(({ name }) => path.join(folder, name));

function pidsBelow(folder: string): readonly number[] {
  if (!existsSync(folder)) return [];
  try {
    const own = readFileSync(path.join(folder, 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return [...own.map(Number), ...foldersIn(folder).flatMap(pidsBelow)];
  } catch (error) {
    // A group of a container that went meanwhile.
    if (['ENOENT', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const each of foldersIn(folder)) removeTree(each);
  rmdirSync(folder);
}
