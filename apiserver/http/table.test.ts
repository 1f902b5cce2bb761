import { negotiate } from './table';

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
