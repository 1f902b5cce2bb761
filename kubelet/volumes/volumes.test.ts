import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { ConfigMap, Pod, Secret, Volume } from '../../shared/api/objects';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { StatusError } from '../../shared/status-error';
import { aPod } from '../../shared/testing/builders';
import { FakeClock } from '../../shared/testing/fake-clock';
import type { ObjectRef } from '../../shared/wire/node-channel';
import type { PodContext } from '../environment/field-ref';
import { writeAtomically } from './atomic-writer';
import { createMemoryFolders } from './memory-folder';
import { createNfsMounts } from './nfs-mounts';
import { PodTokens } from './pod-tokens';
import { PodVolumes } from './pod-volumes';
import { resolveSubPath } from './sub-path';

let folder: string;
const wanted = new AbortController().signal;
const objects = new Map<string, ConfigMap | Secret>();
let isServerAway = false;
let clock: FakeClock;
let tokensMade: number;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'volumes-'));
  objects.clear();
  isServerAway = false;
  clock = new FakeClock();
  tokensMade = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const volumes = (): PodVolumes =>
  new PodVolumes({
    dataDir: folder,
    source: {
      get: ({ kind, name }: ObjectRef) =>
        isServerAway
          ? Promise.reject(new StatusError('ServiceUnavailable', 'no server'))
          : Promise.resolve(objects.get(`${kind}/${name}`)),
    },
    tokens: new PodTokens({
      clock,
      random: seededRandom(1),
      request: ({ expirationSeconds }) => {
        if (isServerAway) return Promise.reject(new StatusError('ServiceUnavailable', 'no server'));
        tokensMade += 1;
        return Promise.resolve({ token: `token-${tokensMade}`, expiresAtMs: clock.now() + expirationSeconds * 1_000 });
      },
    }),
    memory: createMemoryFolders(false),
    nfs: createNfsMounts(true, [path.join(folder, 'mount.nfs')]),
    logger: silentLogger,
  });

const metadata = { namespace: 'default', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
const configMap = (name: string, data: Record<string, string>): void => {
  objects.set(`ConfigMap/${name}`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, name }, data });
};
const secret = (name: string, data: Record<string, string>): void => {
  const encoded = Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')]);
  const made: Secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...metadata, name },
    data: Object.fromEntries(encoded) as Record<string, string>,
  };
  objects.set(`Secret/${name}`, made);
};

const contextOf = (pod: Pod): PodContext => ({
  pod,
  podIps: [],
  hostIps: [],
  services: [],
  nodeCapacity: { cpuMilli: 1000, memoryBytes: 1, diskBytes: 1 },
});
const withVolume = (volume: Volume): Pod => aPod({ labels: { a: 'b' }, spec: { volumes: [volume] } });
const inVolume = (...segments: string[]): string => path.join(folder, 'pods/uid-web/volumes/v', ...segments);
const modeOf = async (file: string): Promise<number> => (await stat(file)).mode & 0o777;

describe('volumes of a pod', () => {
  it('shows a ConfigMap as files, with items and modes', async () => {
    configMap('settings', { a: 'one', b: 'two' });
    const items = [{ key: 'a', path: 'deep/er/a', mode: 0o400 }];
    await volumes().prepare(contextOf(withVolume({ name: 'v', configMap: { name: 'settings', items } })), wanted);
    expect(await readFile(inVolume('deep/er/a'), 'utf8')).toBe('one');
    expect(await modeOf(inVolume('deep/er/a'))).toBe(0o400);
    expect(await readdir(inVolume('deep/er'))).toEqual(['a']);
  });

  it('projects several sources into one folder', async () => {
    configMap('settings', { a: 'one' });
    secret('login', { password: 's3cret' });
    const labels = { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } };
    const sources = [
      { configMap: { name: 'settings' } },
      { secret: { name: 'login' } },
      { downwardAPI: { items: [labels] } },
    ];
    await volumes().prepare(contextOf(withVolume({ name: 'v', projected: { sources } })), wanted);
    expect(await readFile(inVolume('a'), 'utf8')).toBe('one');
    expect(await readFile(inVolume('password'), 'utf8')).toBe('s3cret');
    expect(await readFile(inVolume('labels'), 'utf8')).toBe('a="b"');
  });

  it.each<[Volume, string]>([
    [
      { name: 'v', configMap: { name: 'none' } },
      'MountVolume.SetUp failed for volume "v" : configmap "none" not found',
    ],
    [
      { name: 'v', secret: { secretName: 'none' } },
      'MountVolume.SetUp failed for volume "v" : secret "none" not found',
    ],
    [
      { name: 'v', hostPath: { path: '/nowhere', type: 'Directory' } },
      'hostPath type check failed: /nowhere is not a directory',
    ],
    [{ name: 'v', hostPath: { path: '/etc', type: 'File' } }, 'hostPath type check failed: /etc is not a file'],
    [
      { name: 'v', nfs: { path: '/', server: 'x' } },
      'this node has no mount.nfs: install it there (apt-get install nfs-common',
    ],
    [{ name: 'v', rbd: { image: 'x', monitors: [] } }, 'volumes of this kind (rbd) are not supported on this node'],
  ])('cannot set up %j: %s', async (volume, message) => {
    await expect(volumes().prepare(contextOf(withVolume(volume)), wanted)).rejects.toThrow(message);
  });

  it('does without what is optional', async () => {
    await volumes().prepare(contextOf(withVolume({ name: 'v', configMap: { name: 'none', optional: true } })), wanted);
    expect((await readdir(inVolume())).filter((name) => !name.startsWith('..'))).toEqual([]);
  });

  describe('with a token', () => {
    const serviceAccountToken = { path: 'token', expirationSeconds: 1_000 };
    const pod = withVolume({ name: 'v', projected: { sources: [{ serviceAccountToken }] } });
    const isUid = process.getuid?.() === 0;

    it('shows the same one until most of its life is over, then a new one', async () => {
      const node = volumes();
      await node.prepare(contextOf(pod), wanted);
      const dueMs = node.renewAtMs(pod.metadata.uid) ?? 0;
      expect(dueMs - clock.now()).toBeGreaterThan(780_000);
      expect(dueMs - clock.now()).toBeLessThanOrEqual(800_000);
      await clock.advance(780_000);
      await node.prepare(contextOf(pod), wanted);
      expect(await readFile(inVolume('token'), 'utf8')).toBe('token-1');
      await clock.advance(20_000);
      await node.prepare(contextOf(pod), wanted);
      expect(await readFile(inVolume('token'), 'utf8')).toBe('token-2');
    });

    it('keeps the old one while no server answers, and asks again soon', async () => {
      const node = volumes();
      await node.prepare(contextOf(pod), wanted);
      isServerAway = true;
      await clock.advance(900_000);
      await node.prepare(contextOf(pod), wanted);
      expect(await readFile(inVolume('token'), 'utf8')).toBe('token-1');
      expect((node.renewAtMs(pod.metadata.uid) ?? 0) - clock.now()).toBe(30_000);
    });

    it('lets only the user read it that all containers run as', async () => {
      const owned = {
        ...pod,
        spec: { ...pod.spec, securityContext: { runAsUser: isUid ? 1_234 : (process.getuid?.() ?? 0) } },
      };
      await volumes().prepare(contextOf(owned), wanted);
      const { mode, uid } = await stat(inVolume('token'));
      expect([mode & 0o777, uid]).toEqual([0o600, owned.spec.securityContext.runAsUser]);
      await volumes().prepare(contextOf({ ...pod, metadata: { ...pod.metadata, uid: 'other' } }), wanted);
      expect((await stat(inVolume('token').replace(pod.metadata.uid, 'other'))).mode & 0o777).toBe(0o644);
    });
  });

  it('keeps the content of before while no server answers', async () => {
    configMap('settings', { a: 'one' });
    const pod = withVolume({ name: 'v', configMap: { name: 'settings' } });
    await volumes().prepare(contextOf(pod), wanted);
    isServerAway = true;
    await volumes().prepare(contextOf(pod), wanted);
    expect(await readFile(inVolume('a'), 'utf8')).toBe('one');
  });

  it('gives every container of the pod the same memory, and takes it away with the pod', async () => {
    const subject = volumes();
    await subject.prepare(contextOf(withVolume({ name: 'v', emptyDir: { medium: 'Memory' } })), wanted);
    const memory = await readlink(inVolume());
    expect(memory).toMatch(/^\/dev\/shm\//);
    await subject.remove('uid-web');
    await expect(stat(memory)).rejects.toThrow('ENOENT');
    await expect(stat(path.join(folder, 'pods/uid-web'))).rejects.toThrow('ENOENT');
  });

  it('mounts a part of a volume by an expanded subPath', async () => {
    const pod = withVolume({ name: 'v', emptyDir: {} });
    const subject = volumes();
    await subject.prepare(contextOf(pod), wanted);
    const container = { name: 'app', volumeMounts: [{ name: 'v', mountPath: '/x', subPathExpr: 'logs/$(POD)' }] };
    expect(await subject.mountsOf(pod, container, new Map([['POD', 'web']]))).toEqual([
      { containerPath: '/x', readOnly: false, source: { type: 'bind', hostPath: inVolume('logs/web') } },
    ]);
  });
});

describe('a subPath', () => {
  it.each(['777', '2770', '700'])('is made with the permissions of its volume: %s', async (octal) => {
    const mode = parseInt(octal, 8);
    const volume = path.join(folder, 'volume');
    await mkdir(volume);
    await chmod(volume, mode);
    await resolveSubPath(volume, 'a/b');
    for (const each of ['a', 'a/b']) expect((await stat(path.join(volume, each))).mode & 0o7777).toBe(mode);
  });

  it('that is there keeps its permissions', async () => {
    const there = path.join(folder, 'volume', 'there');
    await mkdir(there, { recursive: true, mode: 0o711 });
    await chmod(path.dirname(there), 0o777);
    await resolveSubPath(path.dirname(there), 'there');
    expect((await stat(there)).mode & 0o7777).toBe(0o711);
  });

  it('may not lead out of its volume by a link', async () => {
    await mkdir(path.join(folder, 'volume'));
    await symlink('/etc', path.join(folder, 'volume/evil'));
    await expect(resolveSubPath(path.join(folder, 'volume'), 'evil/passwd')).rejects.toThrow('leads out of its volume');
    await expect(resolveSubPath(path.join(folder, 'volume'), '../x')).rejects.toThrow("without '..'");
  });
});

describe('an atomic write', () => {
  const file = (text: string) => ({ bytes: Buffer.from(text), mode: 0o644 });

  it('swaps all files at once and removes what is gone', async () => {
    await writeAtomically(
      folder,
      new Map([
        ['a', file('1')],
        ['b', file('1')],
      ]),
    );
    await writeAtomically(
      folder,
      new Map([
        ['a', file('2')],
        ['c', file('2')],
      ]),
    );
    expect((await readdir(folder)).filter((name) => !name.startsWith('..')).sort()).toEqual(['a', 'c']);
    expect(await readFile(path.join(folder, 'a'), 'utf8')).toBe('2');
    expect((await readdir(folder)).filter((name) => name.startsWith('..'))).toHaveLength(2);
  });

  it('changes nothing where nothing changed', async () => {
    await writeAtomically(folder, new Map([['a', file('1')]]));
    expect(await writeAtomically(folder, new Map([['a', file('1')]]))).toBe(false);
  });

  it.each(['../a', '/a', 'x/../../a', '..data'])('refuses the path %s', async (name) => {
    await expect(writeAtomically(folder, new Map([[name, file('1')]]))).rejects.toThrow('invalid path');
  });
});
