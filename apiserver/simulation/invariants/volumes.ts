import type { PersistentVolumeClaim, Pod } from '../../../shared/api/objects';
import type { Machine } from '../agents/machine';
import type { Invariant } from './invariant';
import { podName } from './invariant';

/** The folders of the pod's claims, as its node was told of them. */
const foldersOf = ({ spec }: Pod): readonly string[] =>
  (spec.volumes ?? []).flatMap(({ persistentVolumeClaim, hostPath }) =>
    persistentVolumeClaim === undefined || hostPath === undefined ? [] : hostPath.path,
  );

/** A claim's volume is never used by pods on two nodes: what one of them writes the other would not find. */
export function createVolumesStayHome(): Invariant {
  const homes = new Map<string, Machine>();
  return {
    name: 'volumes-stay-home',
    onStarted(machine, pod) {
      for (const folder of foldersOf(pod)) {
        const home = homes.get(folder) ?? machine;
        homes.set(folder, home);
        if (home !== machine) return `${podName(pod)} uses ${folder} on ${machine.name}, which lies on ${home.name}`;
      }
      return undefined;
    },
  };
}

/** A claim keeps the volume that it was given, for as long as it lives. */
export const claimsKeepTheirVolume: Invariant = {
  name: 'claims-keep-their-volume',
  onChange({ resource, object, previous, isDeletion }) {
    if (resource !== 'persistentvolumeclaims' || previous === undefined || isDeletion) return undefined;
    const [claim, before] = [object, previous] as unknown as [PersistentVolumeClaim, PersistentVolumeClaim];
    if (claim.metadata.uid !== before.metadata.uid) return undefined;
    const [now = '', had = ''] = [claim.spec?.volumeName, before.spec?.volumeName];
    return had !== '' && now !== had ? `${claim.metadata.name}: ${had} became ${now}` : undefined;
  },
};

/** A volume's data is never removed under a pod that runs with it. */
export const volumesInUseStay: Invariant = {
  name: 'volumes-in-use-stay',
  onFolderRemoved(machine, folder) {
    const user = machine.running().find(({ pod }) => foldersOf(pod).includes(folder));
    return user === undefined ? undefined : `${folder} is removed while ${podName(user.pod)} runs with it`;
  },
};
