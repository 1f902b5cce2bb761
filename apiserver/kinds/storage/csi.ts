import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { isSameJson } from '../../../shared/same-json';
import { invalidValue } from '../validation/field-errors';
import { STATUS } from '../verbs';

const group = 'storage.k8s.io';
const version = 'v1';
const specOf = (object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  (object['spec'] as Record<string, unknown> | undefined) ?? {};

const listText = (items: unknown): string =>
  Array.isArray(items) && items.length > 0 ? items.map(String).join(',') : '<none>';
const audiences = (requests: unknown): string =>
  Array.isArray(requests)
    ? requests.map((each) => (each as { readonly audience?: string }).audience ?? '').join(',')
    : '<unset>';

/** What CSI drivers tell of themselves: stored for them, nothing here acts on it. */
export const csiDriver = defineKind({
  group,
  version,
  kind: 'CSIDriver',
  plural: 'csidrivers',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSIDriver',
  needsResourceVersion: true,
  columns: [
    nameColumn,
    column('AttachRequired', (object) => specOf(object)['attachRequired'] !== false, { type: 'boolean' }),
    column('PodInfoOnMount', (object) => specOf(object)['podInfoOnMount'] === true, { type: 'boolean' }),
    column('StorageCapacity', (object) => specOf(object)['storageCapacity'] === true, { type: 'boolean' }),
    column('TokenRequests', (object) => audiences(specOf(object)['tokenRequests'])),
    column('RequiresRepublish', (object) => specOf(object)['requiresRepublish'] === true, { type: 'boolean' }),
    column('Modes', (object) => listText(specOf(object)['volumeLifecycleModes'])),
    ageColumn,
  ],
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Record<string, unknown>;
    spec['attachRequired'] ??= true;
    spec['podInfoOnMount'] ??= false;
    spec['storageCapacity'] ??= false;
    spec['fsGroupPolicy'] ??= 'ReadWriteOnceWithFSType';
    spec['volumeLifecycleModes'] ??= ['Persistent'];
    spec['requiresRepublish'] ??= false;
    spec['seLinuxMount'] ??= false;
  },
  validateUpdate: (object, old) =>
    // The first is what Kubernetes calls the field here.
    (
      [
        ['attachedRequired', 'attachRequired'],
        ['volumeLifecycleModes', 'volumeLifecycleModes'],
      ] as const
    ).flatMap(([shown, field]) =>
      isSameJson(specOf(object)[field], specOf(old)[field])
        ? []
        : [invalidValue(`spec.${shown}`, specOf(object)[field], 'field is immutable')],
    ),
});

export const csiNode = defineKind({
  group,
  version,
  kind: 'CSINode',
  plural: 'csinodes',
  namespaced: false,
  schema: 'io.k8s.api.storage.v1.CSINode',
  needsResourceVersion: true,
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
  needsResourceVersion: true,
  columns: [
    nameColumn,
    column('StorageClassName', (object) => String(object['storageClassName'] ?? '')),
    column('Capacity', (object) => String(object['capacity'] ?? '<unset>')),
  ],
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
  statusKeeps: 'metadata',
  needsResourceVersion: true,
  validateUpdate: (object, old) =>
    isSameJson(object['spec'], old['spec']) ? [] : [invalidValue('spec', object['spec'], 'field is immutable')],
  columns: [
    nameColumn,
    column('Attacher', (object) => String(specOf(object)['attacher'] ?? ''), { format: 'name' }),
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
