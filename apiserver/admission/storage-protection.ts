import type { ApiObject, StorageClass } from '../../shared/api/objects';
import { DEFAULT_CLASS } from '../kinds/storage/local-path-class';
import type { AdmissionPlugin, Lookup } from './admission';

export const PVC_PROTECTION = 'kubernetes.io/pvc-protection';
export const PV_PROTECTION = 'kubernetes.io/pv-protection';
const FINALIZERS: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: PVC_PROTECTION,
  PersistentVolume: PV_PROTECTION,
};

/** Claims and volumes stay while they are used (StorageObjectInUseProtection). */
export const storageProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  admitCreate({ kind }, object) {
    const finalizer = kind.group === '' ? FINALIZERS[kind.kind] : undefined;
    if (finalizer === undefined) return;
    const metadata = (object.metadata ??= {});
    if (metadata.finalizers?.includes(finalizer) !== true)
      metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};

/** A claim that names no class, not even the empty one, gets the default one. */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  admitCreate({ kind, lookup }, object) {
    if (kind.group !== '' || kind.kind !== 'PersistentVolumeClaim') return;
    const spec = object['spec'] as { storageClassName?: string } | undefined;
    if (spec === undefined || spec.storageClassName !== undefined || hasOldAnnotation(object)) return;
    const chosen = defaultClass(lookup);
    if (chosen !== undefined) spec.storageClassName = chosen.metadata.name;
  },
};

const hasOldAnnotation = ({ metadata }: ApiObject): boolean =>
  metadata?.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined;

/** Of several the newest, and of those of one second the first by name, as in Kubernetes. */
function defaultClass(lookup: Lookup): StorageClass | undefined {
  return lookup
    .list('StorageClass')
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
    .sort(
      (a, b) =>
        Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )[0];
}
