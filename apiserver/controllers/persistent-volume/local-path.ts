import path from 'node:path';
import type { Node, PersistentVolumeClaim, StorageClass } from '../../../shared/api/objects';
import type { ApiObject } from '../../../shared/api/objects';
import { LOCAL_PATH_PROVISIONER } from '../../kinds/storage/local-path-class';
import { requestOf } from './matching';

export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by';
const HOSTNAME = 'kubernetes.io/hostname';
/** Where volumes are where the class does not say it (`parameters.path`). */
const DEFAULT_FOLDER = '/var/lib/pinsetter/volumes';
/** A folder of one machine: pods of other nodes cannot reach it. */
const MODES: readonly string[] = ['ReadWriteOnce', 'ReadWriteOncePod'];

/** Why a claim cannot have a folder of a node; undefined: it can. */
export function whyNoFolder({ spec }: PersistentVolumeClaim, { parameters }: StorageClass): string | undefined {
  const { accessModes = [], volumeMode, selector } = spec ?? {};
  const mode = accessModes.find((each) => !MODES.includes(each));
  if (mode !== undefined)
    return `${mode} is not possible: the volume is a folder of one node (${MODES.join(', ')} are)`;
  if (volumeMode === 'Block') return 'volumeMode Block is not possible: the volume is a folder';
  if (selector !== undefined) return 'claim.spec.selector is not supported for volumes that are made';
  const folder = parameters?.['path'] ?? DEFAULT_FOLDER;
  return path.isAbsolute(folder) ? undefined : `parameters.path ${JSON.stringify(folder)} of its class is not absolute`;
}

/** A volume for the claim: a folder on the node, made by the agent there when its first pod comes. */
export function localVolume(claim: PersistentVolumeClaim, storageClass: StorageClass, node: Node): ApiObject {
  const { namespace, name, uid } = claim.metadata;
  const { parameters, reclaimPolicy = 'Delete', mountOptions } = storageClass;
  const host = node.metadata.labels?.[HOSTNAME] ?? node.metadata.name;
  const term = { matchExpressions: [{ key: HOSTNAME, operator: 'In', values: [host] }] };
  const folder = `pvc-${uid}_${namespace}_${name}`;
  return {
    metadata: { name: `pvc-${uid}`, annotations: { [PROVISIONED_BY]: LOCAL_PATH_PROVISIONER } },
    spec: {
      capacity: { storage: requestOf(claim) },
      accessModes: claim.spec?.accessModes,
      persistentVolumeReclaimPolicy: reclaimPolicy,
      storageClassName: storageClass.metadata.name,
      volumeMode: 'Filesystem',
      ...(mountOptions === undefined ? {} : { mountOptions }),
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid },
      hostPath: { path: path.join(parameters?.['path'] ?? DEFAULT_FOLDER, folder), type: 'DirectoryOrCreate' },
      nodeAffinity: { required: { nodeSelectorTerms: [term] } },
    },
  };
}
