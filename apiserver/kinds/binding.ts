import { defineKind } from './define-kind';

/** The former door to a pod's binding, whose name stands in the body. */
export const binding = defineKind({
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  verbs: ['create'],
  schema: 'io.k8s.api.core.v1.Binding',
});
