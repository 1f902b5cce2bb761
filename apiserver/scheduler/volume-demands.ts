import type { Pod } from '../../shared/api/objects';
import type { Client } from '../registry/client';
import type { PodExtras, VolumeDemand } from './core/model/pod-class';

/** Where the pod must run for its volumes: those that are bound to a volume that is reached from some nodes only. */
export function volumesOf(pod: Pod, client: Client): PodExtras {
  const { namespace, name: podName } = pod.metadata;
  const volumes = (pod.spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): VolumeDemand[] => {
    const claim = persistentVolumeClaim?.claimName ?? (ephemeral === undefined ? undefined : `${podName}-${name}`);
    if (claim === undefined) return [];
    const bound = client.view('PersistentVolumeClaim').get({ namespace, name: claim })?.spec?.volumeName ?? '';
    const volume = bound === '' ? undefined : client.view('PersistentVolume').get({ name: bound });
    const terms = volume?.spec?.nodeAffinity?.required?.nodeSelectorTerms;
    return terms === undefined ? [] : [{ claim, terms }];
  });
  return volumes.length === 0 ? {} : { volumes };
}
