import type { ApiObject, PersistentVolumeClaim, StoredObject } from '../../shared/api/objects';
import { compareQuantities, parseQuantity } from '../../shared/quantity';
import { forbidden } from '../../shared/status-error';
import { classNameOf } from '../kinds/storage/claim-binding';
import type { AdmissionPlugin } from './admission';

const CLAIMS = { group: '', resource: 'persistentvolumeclaims' };

const requestOf = (object: ApiObject | StoredObject): string =>
  (object as unknown as PersistentVolumeClaim).spec?.resources?.requests?.['storage'] ?? '0';

/** A claim may ask for more where its class allows that (PersistentVolumeClaimResize). */
export const claimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  checkUpdate({ kind, lookup }, object, old) {
    if (kind.group !== '' || kind.kind !== 'PersistentVolumeClaim') return;
    if (compareQuantities(parseQuantity(requestOf(object)), parseQuantity(requestOf(old))) <= 0) return;
    const name = classNameOf(old as unknown as PersistentVolumeClaim);
    if (name !== '' && lookup.get('StorageClass', { name })?.allowVolumeExpansion === true) return;
    throw forbidden(
      CLAIMS,
      object.metadata.name,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
  },
};
