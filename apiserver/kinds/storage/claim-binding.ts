import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../../../shared/api/objects';

/** Set by the scheduler on a claim that waits for its first consumer: the node that the consumer goes to. */
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node';
/** Of classes whose volumes somebody makes by hand. */
export const NO_PROVISIONER = 'kubernetes.io/no-provisioner';

export const classNameOf = ({ spec }: Pick<PersistentVolume | PersistentVolumeClaim, 'spec'>): string =>
  spec?.storageClassName ?? '';
export const waitsForConsumer = (storageClass: StorageClass | undefined): boolean =>
  storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
