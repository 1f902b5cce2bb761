import type { ApiObject } from '../../shared/api/objects';
import { SYSTEM_USER } from '../auth/user';
import type { PatchType } from './client';
import type { WriteOptions } from './registry';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await startRegistry();
});
afterEach(() => cluster.registry.close());

const web = { namespace: 'default', name: 'web' };
const pods = () => cluster.registry.kinds.require('Pod');
const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'app', image: 'x' }] } };
const duplicate = (path: string) => ({ path, text: `duplicate field "${path}"` });

const create = (object: ApiObject, options: Partial<WriteOptions>) =>
  cluster.registry.create(pods(), 'default', structuredClone(object), { user: SYSTEM_USER, ...options });

async function patch(type: PatchType, body: unknown, options: Partial<WriteOptions>) {
  await create(pod, {});
  return cluster.registry.patch(pods(), web, { type, body }, { user: SYSTEM_USER, ...options });
}

const body = { metadata: pod.metadata, extra: { a: 1 }, spec: { ...pod.spec, restartPolicy: 'Always', foo: 1 } };
const bodyProblems = [duplicate('spec.restartPolicy'), duplicate('extra.a')];

it('refuses unknown and duplicate fields in the order of the text when asked to be strict', async () => {
  await expect(create(body, { fieldValidation: 'Strict', bodyProblems })).rejects.toMatchObject({
    code: 400,
    message:
      'Pod in version "v1" cannot be handled as a Pod: strict decoding error: unknown field "extra", duplicate field "spec.restartPolicy", unknown field "spec.foo"',
  });
});

it('warns of them by default, and says nothing when asked to ignore them', async () => {
  const warned = await create(body, { bodyProblems, dryRun: true });
  expect(warned.warnings).toEqual([
    'unknown field "extra"',
    'duplicate field "spec.restartPolicy"',
    'unknown field "spec.foo"',
  ]);
  expect((await create(body, { bodyProblems, fieldValidation: 'Ignore', dryRun: true })).warnings).toEqual([]);
});

it.each<[PatchType, unknown, string]>([
  [
    'strategic',
    { spec: { foo: 1, bar: ['x', null] } },
    ' "" is invalid: patch: Invalid value: "map[spec:map[bar:[x <nil>] foo:1]]": strict decoding error: unknown field "spec.foo", unknown field "spec.bar"',
  ],
  ['merge', { spec: { foo: 1 } }, 'strict decoding error: unknown field "spec.foo"'],
  ['json', [{ op: 'add', path: '/spec/foo', value: 1 }], 'strict decoding error: unknown field "spec.foo"'],
])('answers 422 to a %s patch that adds unknown fields', async (type, wanted, message) => {
  await expect(patch(type, wanted, { fieldValidation: 'Strict' })).rejects.toMatchObject({
    code: 422,
    reason: 'Invalid',
    message: expect.stringContaining(message) as string,
    details: { causes: [{ field: 'patch', reason: 'FieldValueInvalid' }] },
  });
});

it('answers 422 to a patch that makes a value of the wrong type', async () => {
  await expect(patch('merge', { spec: { hostname: 1 } }, {})).rejects.toMatchObject({
    code: 422,
    message: expect.stringContaining('cannot unmarshal number into Go struct field PodSpec.spec.hostname') as string,
  });
});

it('warns of what a patch has twice', async () => {
  const bodyTwice = [duplicate('metadata.labels.a')];
  const { warnings } = await patch('merge', { metadata: { labels: { a: 'b' } } }, { bodyProblems: bodyTwice });
  expect(warnings).toEqual(['duplicate field "metadata.labels.a"']);
});

it('tells what the operations of a JSON patch have too much', async () => {
  const operations = [
    { op: 'add', path: '/metadata/labels', value: { a: 'b' }, foo: 'bar' },
    { op: 'test', path: '/metadata/labels/a', value: 'b' },
  ];
  const bodyTwice = [duplicate('[0].value.a'), duplicate('[1].path')];
  const { warnings } = await patch('json', operations, { bodyProblems: bodyTwice });
  expect(warnings).toEqual(['json patch unknown field "[0].foo"', 'json patch duplicate field "[1].path"']);
});
