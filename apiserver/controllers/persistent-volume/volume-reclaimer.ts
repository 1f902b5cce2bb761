import type { PersistentVolume } from '../../../shared/api/objects';
import { isNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import { LOCAL_PATH_PROVISIONER } from '../../kinds/storage/local-path-class';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { PROVISIONED_BY } from './local-path';
import { isReachable } from './matching';

const RETRY_MS = 10_000;
const COMPONENT = 'persistentvolume-controller';

/** Removes a folder that was made for a claim. Rejects where the node cannot be asked, or could not do it. */
export type RemoveFolder = (nodeName: string, folder: string) => Promise<void>;

interface Deps {
  readonly client: Client;
  readonly events: EventRecorder;
  readonly removeFolder: RemoveFolder;
}

/** Which volumes are kept for a claim, by its uid: found without looking at the others. */
class VolumesOfClaims {
  private readonly byUid = new Map<string, Set<string>>();

  note(volume: string, claimUid: string | undefined, isKept: boolean): void {
    if (claimUid === undefined) return;
    const volumes = this.byUid.get(claimUid) ?? new Set();
    if (isKept) this.byUid.set(claimUid, volumes.add(volume));
    else if (volumes.delete(volume) && volumes.size === 0) this.byUid.delete(claimUid);
  }

  of(claimUid: string): readonly ObjectKey[] {
    return [...(this.byUid.get(claimUid) ?? [])].map((name) => ({ name }));
  }
}

/** Says of each volume whether it is free, bound or let go of, and does with those let go of what their policy says. */
export class VolumeReclaimer implements Controller {
  readonly name = 'persistentvolume-reclaimer';
  readonly watches = [
    watching('PersistentVolume', ({ type, object, previous }) => {
      this.volumes.note(object.metadata.name, previous?.spec?.claimRef?.uid, false);
      this.volumes.note(object.metadata.name, object.spec?.claimRef?.uid, type !== 'DELETED');
      return type === 'DELETED' ? [] : [keyOf(object)];
    }),
    watching('PersistentVolumeClaim', ({ object }) => this.volumes.of(object.metadata.uid)),
  ];
  private readonly volumes = new VolumesOfClaims();

  constructor(private readonly deps: Deps) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const volume = this.deps.client.view('PersistentVolume').get(key);
    if (volume === undefined) return done;
    const ref = volume.spec?.claimRef;
    if (ref === undefined || (ref.uid ?? '') === '') return this.setPhase(volume, 'Available');
    const claim = this.deps.client
      .view('PersistentVolumeClaim')
      .get({ ...(ref.namespace === undefined ? {} : { namespace: ref.namespace }), name: ref.name ?? '' });
    if (claim?.metadata.uid === ref.uid) {
      return claim?.spec?.volumeName === volume.metadata.name ? this.setPhase(volume, 'Bound') : done;
    }
    if (volume.status?.phase !== 'Failed') await this.setPhase(volume, 'Released');
    return this.reclaim(volume);
  }

  private async setPhase(volume: PersistentVolume, phase: string, why: object = {}): Promise<Result> {
    if (volume.status?.phase !== phase) {
      await this.deps.client.modify(
        'PersistentVolume',
        keyOf(volume),
        (current) => ({ ...current, status: { ...current.status, phase, ...why } }),
        {
          subresource: 'status',
        },
      );
    }
    return done;
  }

  private async reclaim(volume: PersistentVolume): Promise<Result> {
    switch (volume.spec?.persistentVolumeReclaimPolicy) {
      case 'Delete':
        return volume.metadata.annotations?.[PROVISIONED_BY] === LOCAL_PATH_PROVISIONER
          ? this.remove(volume)
          : this.fail(
              volume,
              'VolumeFailedDelete',
              'nobody here knows how to delete it: delete it by hand, or set its reclaim policy to Retain',
            );
      case 'Recycle':
        return this.fail(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!');
      default:
        return done;
    }
  }

  private async fail(volume: PersistentVolume, reason: string, message: string): Promise<Result> {
    if (volume.status?.phase !== 'Failed')
      this.deps.events.record(volume, { type: 'Warning', reason, message }, { component: COMPONENT });
    return this.setPhase(volume, 'Failed', { reason, message });
  }

  /** The folder first: a volume that is gone must not leave anything behind. Of a node that is gone there is nothing to remove. */
  private async remove(volume: PersistentVolume): Promise<Result> {
    const { client, events, removeFolder } = this.deps;
    const node = client
      .view('Node')
      .list()
      .find((each) => isReachable(volume, each));
    const folder = volume.spec?.hostPath?.path ?? '';
    try {
      if (node !== undefined) await removeFolder(node.metadata.name, folder);
    } catch (error) {
      const message = `${folder} on ${node?.metadata.name ?? ''} could not be removed: ${error instanceof Error ? error.message : String(error)}`;
      events.record(volume, { type: 'Warning', reason: 'VolumeFailedDelete', message }, { component: COMPONENT });
      return { requeueAfterMs: RETRY_MS };
    }
    try {
      await client.delete('PersistentVolume', keyOf(volume));
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return done;
  }
}
