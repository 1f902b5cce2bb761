import type { StoredObject } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import { pod } from '../kinds/pod/pod';
import { negotiate, tableOf } from './table';

it.each([
  [undefined, { as: 'object', type: 'application/json' }],
  ['*/*', { as: 'object', type: 'application/json' }],
  ['application/json', { as: 'object', type: 'application/json' }],
  ['application/vnd.kubernetes.protobuf,application/json', { as: 'object', type: 'application/json' }],
  ['application/json;as=Table;v=v1;g=meta.k8s.io,application/json', { as: 'Table', version: 'v1' }],
  [
    'application/json;as=Table;v=v9;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io',
    { as: 'Table', version: 'v1beta1' },
  ],
  [
    'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
    { as: 'PartialObjectMetadataList', version: 'v1' },
  ],
  ['application/vnd.kubernetes.protobuf', undefined],
  ['application/yaml', { as: 'object', type: 'application/yaml' }],
  ['text/html', undefined],
])('answers Accept: %s', (accept, expected) => {
  expect(negotiate(accept)).toEqual(expected);
});

it.each([
  ['Running', undefined],
  ['Succeeded', [{ type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' }]], // prettier-ignore
  ['Failed', [{ type: 'Completed', status: 'True', reason: 'Failed', message: 'The pod failed.' }]],
])('tells of a pod that is %s whether it is over', (phase, conditions) => {
  const object = { ...aPod(), status: { phase } } as unknown as StoredObject;
  const shown = tableOf(pod, [{ object }], {
    version: 'v1',
    nowMs: 0,
    include: 'None',
    metadata: {},
    withColumns: false,
  });
  expect((shown as { rows: { conditions?: object[] }[] }).rows[0]?.conditions).toEqual(conditions);
});
