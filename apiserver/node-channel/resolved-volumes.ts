import type { Pod, Volume } from '../../shared/api/objects';
import type { ResolvedVolume } from '../../shared/pod/claims';
import { ephemeralClaimName } from '../../shared/pod/claims';
import type { Client } from '../registry/client';

/**
 * The pod with its claims' volumes: beside the claim stands where its volume lies, since a node knows neither claims nor
 * volumes. A claim that is not bound stays as it is.
 */
export function withVolumes(pod: Pod, client: Pick<Client, 'view'>): Pod {
  const { volumes } = pod.spec;
  if (volumes?.some((volume) => volume.persistentVolumeClaim !== undefined || volume.ephemeral !== undefined) !== true)
    return pod;
  return { ...pod, spec: { ...pod.spec, volumes: volumes.map((volume) => resolved(pod, volume, client)) } };
}

function resolved({ metadata }: Pod, volume: Volume, client: Pick<Client, 'view'>): ResolvedVolume {
  const { name, persistentVolumeClaim, ephemeral } = volume;
  if (persistentVolumeClaim === undefined && ephemeral === undefined) return volume;
  const claimName = persistentVolumeClaim?.claimName ?? ephemeralClaimName(metadata.name, name);
  const claim = client.view('PersistentVolumeClaim').get({ namespace: metadata.namespace, name: claimName });
  const bound = claim?.status?.phase === 'Bound' ? (claim.spec?.volumeName ?? '') : '';
  const spec = bound === '' ? undefined : client.view('PersistentVolume').get({ name: bound })?.spec;
  const source =
    spec?.hostPath !== undefined
      ? { hostPath: spec.hostPath }
      : spec?.local !== undefined
        ? { hostPath: { path: spec.local.path, type: 'Directory' } }
        : spec?.nfs !== undefined
          ? { nfs: spec.nfs, ...(spec.mountOptions === undefined ? {} : { mountOptions: spec.mountOptions }) }
          : {};
  return { name, persistentVolumeClaim: { ...persistentVolumeClaim, claimName }, ...source };
}
