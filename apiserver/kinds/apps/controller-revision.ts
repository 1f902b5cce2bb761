import type { OwnerReference, StoredObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { required, when } from '../validation/field-errors';
import { notNegative } from '../validation/numbers';
import { immutable } from '../validation/object-meta';

const controllerText = ({ metadata }: StoredObject): string => {
  const owner: OwnerReference | undefined = (metadata.ownerReferences ?? []).find(
    ({ controller }) => controller === true,
  );
  if (owner === undefined) return '<none>';
  const [group = ''] = owner.apiVersion.includes('/') ? owner.apiVersion.split('/') : [];
  return `${owner.kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${owner.name}`;
};

export const controllerRevision = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  plural: 'controllerrevisions',
  schema: 'io.k8s.api.apps.v1.ControllerRevision',
  columns: [
    nameColumn,
    column('Controller', controllerText, { description: 'Controller of the object' }),
    column('Revision', (object) => Number(object['revision'] ?? 0), {
      description: 'Revision indicates the revision of the state represented by Data.',
    }),
    ageColumn,
  ],
  validate: (object) => [
    ...when(object['data'] === undefined, required('data', 'data is mandatory')),
    ...notNegative('revision', object['revision']),
  ],
  validateUpdate: (object, old) => immutable('data', object['data'], old['data']),
});
