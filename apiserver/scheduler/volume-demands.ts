import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../shared/api/objects';
import { ephemeralClaimName } from '../../shared/pod/claims';
import { findVolumes } from '../controllers/persistent-volume/matching';
import { NO_PROVISIONER, classNameOf } from '../kinds/storage/claim-binding';
import type { Client } from '../registry/client';
import type { PodExtras, VolumeDemand } from './core/model/node-demand';

type Terms = VolumeDemand['terms'];

/** Where the claim's volume is; of one that is yet to get one of those made by hand, where these are. */
function termsOf(claim: PersistentVolumeClaim, client: Client): Terms | undefined {
  const volumes = client.view('PersistentVolume');
  const affinity = ({ spec }: PersistentVolume): Terms | undefined => spec?.nodeAffinity?.required?.nodeSelectorTerms;
  const bound = claim.spec?.volumeName ?? '';
  if (bound !== '') {
    const volume = volumes.get({ name: bound });
    return volume === undefined ? undefined : affinity(volume);
  }
  const storageClass = client.view('StorageClass').get({ name: classNameOf(claim) });
  if (storageClass?.provisioner !== NO_PROVISIONER) return undefined;
  const free = findVolumes(claim, volumes.list()).map(affinity);
  return free.length === 0 || free.includes(undefined) ? undefined : free.flatMap((terms) => terms ?? []);
}

/** Where the pod must run for its volumes: those that are bound to a volume that is reached from some nodes only. */
export function volumesOf(pod: Pod, client: Client): PodExtras {
  const { namespace, name: podName } = pod.metadata;
  const volumes = (pod.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): VolumeDemand[] => {
    const claim =
      persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : ephemeralClaimName(podName, name));
    if (claim === undefined) return [];
    const stored = client.view('PersistentVolumeClaim').get({ namespace, name: claim });
    const terms = stored === undefined ? undefined : termsOf(stored, client);
    return terms === undefined ? [] : [{ claim, terms }];
  });
  return volumes.length === 0 ? {} : { volumes };
}
