import { chmod, chown, mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Container, Pod, Volume, VolumeMount } from '../../shared/api/objects';
import { mountOptionsOf } from '../../shared/pod/claims';
import type { Logger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import type { ConfigSource } from '../environment/config-source';
import { expand } from '../environment/expansion';
import type { PodContext } from '../environment/field-ref';
import { unitsOf } from '../environment/quantity';
import type { Mount } from '../runtime/runtime';
import { hasContent, writeAtomically } from './atomic-writer';
import { prepareHostPath } from './host-path';
import type { MemoryFolders } from './memory-folder';
import { mountsAtOrBelow } from './mount-table';
import type { NfsMounts } from './nfs-mounts';
import { PodFiles } from './pod-files';
import { payloadOf, refsOf } from './payload';
import type { PodTokens } from './pod-tokens';
import { resolveSubPath } from './sub-path';
import { VolumeError } from './volume-error';

export interface PodVolumesOptions {
  readonly dataDir: string;
  readonly source: ConfigSource;
  readonly tokens: PodTokens;
  readonly memory: MemoryFolders;
  readonly nfs: NfsMounts;
  readonly logger: Logger;
}

type Propagation = Extract<Mount['source'], { type: 'bind' }>['propagation'];

/**
 * The volumes of pods under the node's data folder, `pods/UID/volumes/NAME`, beside their files.
 * The caller never runs two of these methods for one pod at the same time.
 */
export class PodVolumes {
  readonly files: PodFiles;

  constructor(private readonly options: PodVolumesOptions) {
    this.files = new PodFiles(options.dataDir);
  }

  /**
   * Makes every volume of the pod. Idempotent. Rejects with the first volume's reason, worded for a FailedMount Event;
   * soon, too, where the signal says that the pod is no longer wanted.
   */
  async prepare(context: PodContext, signal: AbortSignal): Promise<void> {
    const { uid } = context.pod.metadata;
    await mkdir(path.join(this.options.dataDir, 'pods'), { recursive: true, mode: 0o700 });
    await mkdir(path.join(this.folderOf(uid), 'volumes'), { recursive: true });
    for (const volume of context.pod.spec.volumes ?? []) {
      try {
        await this.prepareVolume(context, volume, signal);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new VolumeError(`MountVolume.SetUp failed for volume "${volume.name}" : ${why}`, { cause: error });
      }
    }
  }

  /** True where a volume of the pod shows that object. */
  shows(pod: Pod, ref: { readonly kind: string; readonly namespace: string; readonly name: string }): boolean {
    return (pod.spec.volumes ?? [])
      .flatMap((volume) => refsOf(volume, pod.metadata.namespace))
      .some((shown) => shown.kind === ref.kind && shown.namespace === ref.namespace && shown.name === ref.name);
  }

  /** Where the container's mounts come from. Rejects with a VolumeError for a subPath that cannot be. */
  async mountsOf(pod: Pod, container: Container, environment: ReadonlyMap<string, string>): Promise<readonly Mount[]> {
    const mounts: Mount[] = [];
    for (const mount of container.volumeMounts ?? []) {
      const volume = (pod.spec.volumes ?? []).find(({ name }) => name === mount.name);
      if (volume === undefined)
        throw new VolumeError(`volume "${mount.name}" of container "${container.name}" is not declared`);
      const subPath = subPathOf(mount, environment);
      const base = this.hostPathOf(pod, volume);
      const propagation = mount.mountPropagation as Propagation;
      mounts.push({
        containerPath: mount.mountPath,
        readOnly: mount.readOnly === true || isAlwaysReadOnly(volume),
        source: {
          type: 'bind',
          hostPath: subPath === '' ? base : await resolveSubPath(base, subPath),
          ...(propagation === undefined ? {} : { propagation }),
        },
      });
    }
    return mounts;
  }

  /** When the content of a volume is due to be made anew, by itself. */
  renewAtMs(uid: string): number | undefined {
    return this.options.tokens.renewAtMs(uid);
  }

  /** Removes all that the pod had on this node; hostPath volumes are not the pod's. Gone already is success. */
  async remove(uid: string): Promise<void> {
    this.options.tokens.forget(uid);
    const volumes = path.join(this.folderOf(uid), 'volumes');
    for (const name of await readdir(volumes).catch(() => []))
      await this.options.memory.remove(path.join(volumes, name));
    // Whatever is still mounted is not the pod's to remove, however it came there.
    const [mounted] = await mountsAtOrBelow(this.folderOf(uid));
    if (mounted !== undefined) throw new VolumeError(`${mounted} is still mounted: unmount it, then the pod can go`);
    await rm(this.folderOf(uid), { recursive: true, force: true });
  }

  /** UIDs of all pods that have a folder here. */
  async uids(): Promise<readonly string[]> {
    return readdir(path.join(this.options.dataDir, 'pods')).catch(() => []);
  }

  private folderOf(uid: string): string {
    return this.files.folderOf(uid);
  }

  private hostPathOf(pod: Pod, volume: Volume): string {
    return volume.hostPath?.path ?? path.join(this.folderOf(pod.metadata.uid), 'volumes', volume.name);
  }

  private async prepareVolume(context: PodContext, volume: Volume, signal: AbortSignal): Promise<void> {
    const folder = this.hostPathOf(context.pod, volume);
    const { fsGroup } = context.pod.spec.securityContext ?? {};
    if (volume.nfs !== undefined) return this.options.nfs.mount(folder, volume.nfs, mountOptionsOf(volume), signal);
    if (volume.persistentVolumeClaim !== undefined) return prepareClaimed(volume, fsGroup);
    if (volume.hostPath !== undefined) return prepareHostPath(volume.hostPath.path, volume.hostPath.type);
    if (volume.emptyDir !== undefined) {
      const { medium, sizeLimit } = volume.emptyDir;
      if (medium === 'Memory')
        await this.options.memory.make(folder, sizeLimit === undefined ? undefined : unitsOf(sizeLimit));
      else await mkdir(folder, { recursive: true });
      if (fsGroup !== undefined) await chown(folder, -1, fsGroup);
      return chmod(folder, fsGroup === undefined ? 0o777 : 0o2777);
    }
    if (holdsSecrets(volume)) await this.options.memory.make(folder);
    else await mkdir(folder, { recursive: true });
    await chmod(folder, holdsSecrets(volume) ? 0o1777 : 0o777);
    let isKnown: boolean;
    try {
      isKnown = await this.writePayload(context, volume);
    } catch (error) {
      // Without a server the content of before stands, so that containers can be restarted.
      if (!(error instanceof StatusError && error.retryable && (await hasContent(folder)))) throw error;
      isKnown = true;
    }
    if (!isKnown) throw new VolumeError(`volumes of this kind (${kindOf(volume)}) are not supported on this node`);
  }

  private async writePayload(context: PodContext, volume: Volume): Promise<boolean> {
    const { source, tokens, logger } = this.options;
    const onSkipped = (name: string, why: string): void =>
      logger.warn({ pod: context.pod.metadata.uid, volume: name, why }, 'volume is incomplete');
    const payload = await payloadOf(volume, { context, source, tokens, onSkipped });
    if (payload === undefined) return false;
    await writeAtomically(this.hostPathOf(context.pod, volume), payload, context.pod.spec.securityContext?.fsGroup);
    return true;
  }
}

const holdsSecrets = (volume: Volume): boolean =>
  volume.secret !== undefined ||
  (volume.projected?.sources ?? []).some(
    (source) => source.secret !== undefined || source.serviceAccountToken !== undefined,
  );

/** The server says beside a claim where its volume lies: a new folder is for every user, as nobody says whose it is. */
async function prepareClaimed({ persistentVolumeClaim, hostPath }: Volume, fsGroup: number | undefined): Promise<void> {
  if (hostPath === undefined)
    throw new VolumeError(
      `persistentvolumeclaim "${persistentVolumeClaim?.claimName ?? ''}" is not bound, or to a volume of a kind that this node cannot mount`,
    );
  const isNew = (await stat(hostPath.path).catch(() => undefined)) === undefined;
  await prepareHostPath(hostPath.path, hostPath.type);
  if (fsGroup !== undefined) await chown(hostPath.path, -1, fsGroup);
  if (isNew || fsGroup !== undefined) await chmod(hostPath.path, fsGroup === undefined ? 0o777 : 0o2777);
}

const isAlwaysReadOnly = (volume: Volume): boolean =>
  volume.persistentVolumeClaim?.readOnly === true ||
  volume.nfs?.readOnly === true ||
  volume.secret !== undefined ||
  volume.configMap !== undefined ||
  volume.downwardAPI !== undefined ||
  volume.projected !== undefined;

const kindOf = (volume: Volume): string => Object.keys(volume).find((key) => key !== 'name') ?? 'none';

function subPathOf(mount: VolumeMount, environment: ReadonlyMap<string, string>): string {
  if (mount.subPathExpr === undefined || mount.subPathExpr === '') return mount.subPath ?? '';
  return expand(mount.subPathExpr, (name) => {
    const value = environment.get(name);
    if (value === undefined) throw new VolumeError(`subPathExpr of "${mount.name}" names an unknown variable ${name}`);
    return value;
  });
}
