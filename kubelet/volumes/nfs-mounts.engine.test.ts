import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../../shared/clock';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { aPod } from '../../shared/testing/builders';
import { createMemoryFolders } from './memory-folder';
import { isMountPoint } from './mount-table';
import { createNfsMounts } from './nfs-mounts';
import { PodTokens } from './pod-tokens';
import { PodVolumes } from './pod-volumes';

/** Real mounts of a folder that stands for the server's export, where the kernel may have no NFS of its own. */
describe('an export of an NFS server', () => {
  let folder: string;
  let exported: string;
  let volumes: PodVolumes;
  const mountAt = (): string => path.join(folder, 'data', 'pods', 'uid-web', 'volumes', 'shared');
  const calls = (): string => readFileSync(path.join(folder, 'calls'), 'utf8');

  const mounting = (script: string, umount?: string): PodVolumes => {
    const program = path.join(folder, 'mount.nfs');
    writeFileSync(program, `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`);
    chmodSync(program, 0o755);
    return new PodVolumes({
      dataDir: path.join(folder, 'data'),
      source: { get: () => Promise.resolve(undefined) },
      tokens: new PodTokens({
        clock: systemClock,
        random: seededRandom(1),
        request: () => Promise.reject(new Error('no tokens here')),
      }),
      memory: createMemoryFolders(true, umount),
      nfs: createNfsMounts(true, [path.join(folder, 'nowhere'), program]),
      logger: silentLogger,
    });
  };
  const contextOf = (volume: object) => ({
    pod: aPod({ name: 'web', spec: { volumes: [{ name: 'shared', ...volume }] } }),
    podIps: [],
    hostIps: [],
    services: [],
    nodeCapacity: { cpuMilli: 1, memoryBytes: 1, diskBytes: 1 },
  });

  const prepare = (volume: object, signal = new AbortController().signal): Promise<void> =>
    volumes.prepare(contextOf(volume), signal);

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nfs-'));
    exported = path.join(folder, 'export');
    mkdirSync(exported);
    writeFileSync(path.join(exported, 'kept'), 'data');
    volumes = mounting(`exec mount --bind ${exported} "$2"`);
  });
  afterEach(async () => {
    await volumes.remove('uid-web');
    rmSync(folder, { recursive: true });
  });

  it('is mounted once for a pod, with the options of its volume, also by the agent after the next', async () => {
    const nfs = { server: 'fd00::1', path: '/srv/data', readOnly: true };
    await prepare({ nfs, mountOptions: ['nfsvers=4.1', 'hard'] });
    await prepare({ nfs });
    expect(calls()).toBe(`[fd00::1]:/srv/data ${mountAt()} -o nfsvers=4.1,hard,ro\n`);
    expect(readFileSync(path.join(mountAt(), 'kept'), 'utf8')).toBe('data');
  });

  it('is unmounted when the pod goes, and keeps what is in it', async () => {
    await prepare({ nfs: { server: 'files', path: '/' } });
    await volumes.remove('uid-web');
    expect(await isMountPoint(mountAt())).toBe(false);
    expect(existsSync(path.join(folder, 'data', 'pods', 'uid-web'))).toBe(false);
    expect(readFileSync(path.join(exported, 'kept'), 'utf8')).toBe('data');
  });

  it('is unmounted though the server that is told so does not answer', async () => {
    const umount = path.join(folder, 'umount');
    writeFileSync(umount, '#!/bin/sh\numount "$@"\nexec sleep 1000\n', { mode: 0o755 });
    volumes = mounting(`exec mount --bind ${exported} "$2"`, umount);
    await prepare({ nfs: { server: 'away', path: '/' } });
    await volumes.remove('uid-web');
    expect(await isMountPoint(mountAt())).toBe(false);
    expect(readFileSync(path.join(exported, 'kept'), 'utf8')).toBe('data');
  });

  it('keeps what is in it where the pod’s folder is cleared after a restart', async () => {
    mkdirSync(mountAt(), { recursive: true });
    execFileSync('mount', ['--bind', exported, mountAt()]);
    await volumes.remove('uid-web');
    expect(readFileSync(path.join(exported, 'kept'), 'utf8')).toBe('data');
  });

  it('is refused in the mount program’s words', async () => {
    volumes = mounting('echo "mount.nfs: access denied by server" >&2; exit 32');
    await expect(prepare({ nfs: { server: 'files', path: '/x' } })).rejects.toThrow(
      'MountVolume.SetUp failed for volume "shared" : mounting files:/x failed: mount.nfs: access denied by server',
    );
  });

  it('is given up when the pod is no longer wanted, not before the mount program has ended', async () => {
    volumes = mounting(`echo $$ > ${path.join(folder, 'pid')}; exec sleep 1000`);
    const unwanted = new AbortController();
    const preparing = prepare({ nfs: { server: 'away', path: '/x' } }, unwanted.signal);
    const pid = await untilWritten(path.join(folder, 'pid'));
    unwanted.abort();
    await expect(preparing).rejects.toThrow('mounting away:/x failed: given up');
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('is no place to smuggle options in', async () => {
    await expect(prepare({ nfs: { server: '-o', path: '/x' } })).rejects.toThrow('is no name of a');
  });
});

async function untilWritten(file: string): Promise<string> {
  for (;;) {
    const text = existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
    if (text !== '') return text;
    await systemClock.sleep(20);
  }
}
