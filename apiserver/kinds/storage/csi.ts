import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { STATUS } from '../verbs';

const group = 'storage.k8s.io';
const version = 'v1';
const specOf = (object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  (object['spec'] as Record<string, unknown> | undefined) ?? {};

/** What CSI drivers tell of themselves: stored for them, nothing here acts on it. */
export const csiDriver = defineKind({
  group,
  version,
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  columns: [
    nameColumn,
    column('AttachRequired', (object) => specOf(object)['attachRequired'] !== false, { type: 'boolean' }),
    column('PodInfoOnMount', (object) => specOf(object)['podInfoOnMount'] === true, { type: 'boolean' }),
    ageColumn,
  ],
});

export const csiNode = defineKind({
  group,
  version,
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSINode',
  columns: [
    nameColumn,
    column('Drivers', (object) => ((specOf(object)['drivers'] as unknown[] | undefined) ?? []).length, {
      type: 'integer',
    }),
    ageColumn,
  ],
});

export const csiStorageCapacity = defineKind({
  group,
  version,
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  schema: 'io.k8s.api.storage.v1.CSIStorageCapacity',
});

export const volumeAttachment = defineKind({
  group,
  version,
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  namespaced: false,
  subresources: [STATUS],
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  hasStatus: true,
  columns: [
    nameColumn,
    column('Attacher', (object) => String(specOf(object)['attacher'] ?? '')),
    column('PV', (object) =>
      String((specOf(object)['source'] as Record<string, unknown> | undefined)?.['persistentVolumeName'] ?? ''),
    ),
    column('Node', (object) => String(specOf(object)['nodeName'] ?? '')),
    column('Attached', (object) => (object['status'] as Record<string, unknown> | undefined)?.['attached'] === true, {
      type: 'boolean',
    }),
    ageColumn,
  ],
});
