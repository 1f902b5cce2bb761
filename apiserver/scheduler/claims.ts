import type { PersistentVolumeClaim, Pod } from '../../shared/api/objects';
import { claimNamesOf } from '../../shared/pod/claims';
import type { Client } from '../registry/client';
import { NO_PROVISIONER, SELECTED_NODE, classNameOf, waitsForConsumer } from '../kinds/storage/claim-binding';
import { findVolumes } from '../controllers/persistent-volume/matching';

const isBound = ({ spec, status }: PersistentVolumeClaim): boolean =>
  (spec?.volumeName ?? '') !== '' && status?.phase === 'Bound';

/** What of a pod's claims is not bound yet. */
export interface OpenClaims {
  /** In kube-scheduler's words; undefined: nothing keeps the pod from being placed. */
  readonly problem?: string;
  /** They are bound when it is known which node the pod goes to. */
  readonly waiting: readonly PersistentVolumeClaim[];
}

export function openClaims(pod: Pod, client: Client): OpenClaims {
  const { namespace } = pod.metadata;
  const waiting: PersistentVolumeClaim[] = [];
  for (const name of claimNamesOf(pod)) {
    const claim = client.view('PersistentVolumeClaim').get({ namespace, name });
    if (claim === undefined) return { problem: `persistentvolumeclaim "${name}" not found`, waiting: [] };
    if (claim.metadata.deletionTimestamp !== undefined)
      return { problem: `persistentvolumeclaim "${name}" is being deleted`, waiting: [] };
    if (claim.status?.phase === 'Lost')
      return {
        problem: `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`,
        waiting: [],
      };
    if (isBound(claim)) continue;
    const storageClass = client.view('StorageClass').get({ name: classNameOf(claim) });
    const isByHand = storageClass?.provisioner === NO_PROVISIONER;
    if (isByHand && findVolumes(claim, client.view('PersistentVolume').list()).length === 0)
      return { problem: "node(s) didn't find available persistent volumes to bind", waiting: [] };
    if (!waitsForConsumer(storageClass))
      return { problem: 'pod has unbound immediate PersistentVolumeClaims', waiting: [] };
    waiting.push(claim);
  }
  return { waiting };
}

/** Says to who binds claims which node they are wanted on. */
export async function selectNode(
  claims: readonly PersistentVolumeClaim[],
  nodeName: string,
  client: Client,
): Promise<void> {
  await Promise.all(
    claims
      .filter(({ metadata }) => metadata.annotations?.[SELECTED_NODE] !== nodeName)
      .map(({ metadata: { namespace, name } }) =>
        client.patch(
          'PersistentVolumeClaim',
          { namespace, name },
          { type: 'merge', body: { metadata: { annotations: { [SELECTED_NODE]: nodeName } } } },
        ),
      ),
  );
}
