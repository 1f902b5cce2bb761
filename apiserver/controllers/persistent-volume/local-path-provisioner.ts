import type { Node, PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../shared/api/objects';
import { compareQuantities, parseQuantity } from '../../../shared/quantity';
import { isAlreadyExists } from '../../../shared/status-error';
import { classNameOf } from '../../kinds/storage/claim-binding';
import { LOCAL_PATH_PROVISIONER } from '../../kinds/storage/local-path-class';
import type { Client } from '../../registry/client';
import { PROVISIONED_BY, localVolume, whyNoFolder } from './local-path';
import { capacityOf, requestOf } from './matching';

/** A volume for a claim, made now or by an earlier look; without one, why there is none. */
interface Provision {
  readonly volume?: PersistentVolume | undefined;
  readonly isNew?: boolean;
  readonly why?: string;
}

/** Makes volumes that are folders of nodes, for the claims that ask for them. */
export class LocalPathProvisioner {
  constructor(private readonly client: Client) {}

  /** `selected`: the node of the claim's first consumer; absent where the class does not wait for one. */
  async provide(claim: PersistentVolumeClaim, storageClass: StorageClass, selected?: Node): Promise<Provision> {
    const why = whyNoFolder(claim, storageClass);
    const node = selected ?? this.anyNode();
    if (why !== undefined || node === undefined) return { why: why ?? 'no node is ready' };
    let isNew = true;
    try {
      await this.client.create('PersistentVolume', localVolume(claim, storageClass, node));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      isNew = false;
    }
    return { volume: this.client.view('PersistentVolume').get({ name: `pvc-${claim.metadata.uid}` }), isNew };
  }

  /** A folder has no size of its own: one that may grow is as large as its claim says. */
  async grown(claim: PersistentVolumeClaim, volume: PersistentVolume): Promise<PersistentVolume> {
    const isOurs = volume.metadata.annotations?.[PROVISIONED_BY] === LOCAL_PATH_PROVISIONER;
    const mayGrow = this.client.view('StorageClass').get({ name: classNameOf(claim) })?.allowVolumeExpansion === true;
    const storage = requestOf(claim);
    if (!isOurs || !mayGrow || compareQuantities(parseQuantity(storage), parseQuantity(capacityOf(volume))) <= 0)
      return volume;
    return this.client.update('PersistentVolume', { ...volume, spec: { ...volume.spec, capacity: { storage } } });
  }

  /** For a class that does not wait for a consumer: the ready node with the fewest volumes. */
  private anyNode(): Node | undefined {
    const volumes = this.client.view('PersistentVolume').list();
    const on = (node: Node): number =>
      volumes.filter(({ spec }) =>
        JSON.stringify(spec?.nodeAffinity ?? '').includes(JSON.stringify(node.metadata.name)),
      ).length;
    const [best] = this.client
      .view('Node')
      .list()
      .filter(
        ({ spec, status }) =>
          spec?.unschedulable !== true &&
          (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      )
      .sort((a, b) => on(a) - on(b));
    return best;
  }
}
