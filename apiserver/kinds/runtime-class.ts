import { isDns1123Label } from '../../shared/names';
import { ageColumn, column, nameColumn } from './columns';
import { defineKind } from './define-kind';
import { checkName, required } from './validation/field-errors';
import { immutable } from './validation/object-meta';

export const runtimeClass = defineKind({
  group: 'node.k8s.io',
  version: 'v1',
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  namespaced: false,
  needsResourceVersion: true,
  schema: 'io.k8s.api.node.v1.RuntimeClass',
  columns: [nameColumn, column('Handler', (object) => String(object['handler'] ?? '')), ageColumn],
  validate(object) {
    const handler = object['handler'];
    return typeof handler === 'string' && handler !== ''
      ? checkName('handler', handler, isDns1123Label)
      : [required('handler')];
  },
  validateUpdate: (object, old) => immutable('handler', object['handler'], old['handler']),
});
