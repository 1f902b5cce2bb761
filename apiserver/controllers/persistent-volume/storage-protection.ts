import type { PersistentVolumeClaim, Pod } from '../../../shared/api/objects';
import { claimNamesOf } from '../../../shared/pod/claims';
import { PVC_PROTECTION, PV_PROTECTION } from '../../admission/storage-protection';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { PodsOfClaims } from '../../registry/pods-of-claims';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';

/** Lets a claim that is being deleted go when no pod uses it any more. */
export class ClaimProtectionController implements Controller {
  readonly name = 'persistentvolumeclaim-protection';
  readonly watches = [
    watching('PersistentVolumeClaim', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
    watching('Pod', (change) => {
      const { object } = change;
      this.pods.see(change);
      return claimNamesOf(object).map((name) => ({ namespace: object.metadata.namespace, name }));
    }),
  ];
  private readonly pods = new PodsOfClaims();

  constructor(private readonly client: Client) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const claim = this.client.view('PersistentVolumeClaim').get(key);
    if (claim?.metadata.deletionTimestamp === undefined || !claim.metadata.finalizers?.includes(PVC_PROTECTION))
      return done;
    if (this.isUsed(claim)) return done;
    await this.client.modify('PersistentVolumeClaim', key, (current) => withoutFinalizer(current, PVC_PROTECTION));
    return done;
  }

  private isUsed(claim: PersistentVolumeClaim): boolean {
    return [...this.pods.of(keyOf(claim))].some((key) => {
      const pod = this.client.view('Pod').get(key);
      return pod !== undefined && !isTerminal(pod) && !isShutDown(pod);
    });
  }
}

/** Lets a volume that is being deleted go when it is bound to nothing any more. */
export class VolumeProtectionController implements Controller {
  readonly name = 'persistentvolume-protection';
  readonly watches = [watching('PersistentVolume', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)]))];

  constructor(private readonly client: Client) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const volume = this.client.view('PersistentVolume').get(key);
    if (volume?.metadata.deletionTimestamp === undefined || !volume.metadata.finalizers?.includes(PV_PROTECTION))
      return done;
    if (volume.status?.phase === 'Bound') return done;
    await this.client.modify('PersistentVolume', key, (current) => withoutFinalizer(current, PV_PROTECTION));
    return done;
  }
}

const isTerminal = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/**
 * Its node is done with it, or it was given up by force: only finalizers keep the object. One of those may wait for the
 * claim to go, which then must not wait for the pod.
 */
const isShutDown = ({ metadata }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0;

const withoutFinalizer = <T extends { metadata: { finalizers?: string[] } }>(object: T, gone: string): T => ({
  ...object,
  metadata: { ...object.metadata, finalizers: (object.metadata.finalizers ?? []).filter((each) => each !== gone) },
});
