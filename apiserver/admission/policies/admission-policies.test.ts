import { SYSTEM_USER } from '../../auth/user';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import type { WriteOptions } from '../../registry/registry';
import type { OutsideAdmission } from '../outside-admission';
import { bothOutside, nobodyOutside } from '../outside-admission';
import { createAdmissionPolicies } from './admission-policies';

let parts: TestRegistry;
beforeEach(async () => {
  let outside: OutsideAdmission = nobodyOutside;
  parts = await startRegistry({
    outside: { mutate: (call) => outside.mutate(call), validate: (call) => outside.validate(call) },
  });
  outside = bothOutside(nobodyOutside, createAdmissionPolicies(parts.client));
});
afterEach(() => parts.registry.close());

const RULE = { operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };
const LIMIT = { expression: 'size(object.data) <= 1' };

async function put(spec: object, binding: object = {}): Promise<void> {
  const { client } = parts;
  await client.create('ValidatingAdmissionPolicy', {
    metadata: { name: 'small' },
    spec: { matchConstraints: { resourceRules: [RULE] }, validations: [LIMIT], ...spec },
  });
  await client.create('ValidatingAdmissionPolicyBinding', {
    metadata: { name: 'everywhere' },
    spec: { policyName: 'small', validationActions: ['Deny'], ...binding },
  });
}
function create(
  data: Record<string, string>,
  options: Partial<WriteOptions> = {},
  labels: Record<string, string> = {},
) {
  const { registry } = parts;
  const body = { metadata: { name: 'settings', labels }, data };
  return registry.create(registry.kinds.require('ConfigMap'), 'default', body, { user: SYSTEM_USER, ...options });
}
const two = { a: '1', b: '2' };
const DENIED = `configmaps "settings" is forbidden: ValidatingAdmissionPolicy 'small' with binding 'everywhere' denied request: `;

it('refuses what does not hold, and lets the rest be', async () => {
  await put({});
  await expect(create(two)).rejects.toMatchObject({
    code: 422,
    message: `${DENIED}failed expression: size(object.data) <= 1`,
  });
  await expect(create({ a: '1' })).resolves.toBeDefined();
  const patch = { type: 'merge', body: { data: two } } as const;
  await expect(
    parts.client.patch('ConfigMap', { namespace: 'default', name: 'settings' }, patch),
  ).rejects.toMatchObject({ code: 422 });
});

it.each<[string, object, number, string]>([
  ['a message', { message: 'too many' }, 422, 'too many'],
  [
    'a message that is computed',
    { message: 'x', messageExpression: '"has " + string(size(object.data))' },
    422,
    'has 2',
  ],
  ['a reason', { message: 'no', reason: 'Forbidden' }, 403, 'no'],
])('refuses with %s', async (_what, more, code, text) => {
  await put({ validations: [{ ...LIMIT, ...more }] });
  await expect(create(two)).rejects.toMatchObject({ code, message: `${DENIED}${text}` });
});

it('warns, or notes for the audit log, where the binding wants that instead', async () => {
  await put({ validations: [{ ...LIMIT, message: 'too many' }] }, { validationActions: ['Warn', 'Audit'] });
  const notes: string[] = [];
  const { warnings } = await create(two, { annotate: (key, text) => notes.push(`${key}=${text}`) });
  expect(warnings).toEqual([
    "Validation failed for ValidatingAdmissionPolicy 'small' with binding 'everywhere': too many",
  ]);
  expect(notes[0]).toContain('validation.policy.admission.k8s.io/validation_failure=[{"message":"too many"');
});

it.each<[string, object, object]>([
  [
    'a resource that it is not about',
    { matchConstraints: { resourceRules: [{ ...RULE, resources: ['secrets'] }] } },
    {},
  ],
  [
    'a resource that it leaves out',
    { matchConstraints: { resourceRules: [RULE], excludeResourceRules: [{ ...RULE, resourceNames: ['settings'] }] } },
    {},
  ],
  [
    'objects that it does not select',
    { matchConstraints: { resourceRules: [RULE], objectSelector: { matchLabels: { a: 'b' } } } },
    {},
  ],
  [
    'what a condition leaves out',
    { matchConditions: [{ name: 'c', expression: 'request.userInfo.username == "nobody"' }] },
    {},
  ],
  [
    'namespaces that the binding does not select',
    {},
    { matchResources: { namespaceSelector: { matchLabels: { env: 'prod' } } } },
  ],
])('says nothing of %s', async (_what, spec, binding) => {
  await put(spec, binding);
  await expect(create(two)).resolves.toBeDefined();
});

it('computes variables in turn, and sees the namespace', async () => {
  await put({
    variables: [
      { name: 'count', expression: 'size(object.data)' },
      { name: 'limit', expression: 'variables.count > 1 && namespaceObject.metadata.name == "default" ? 1 : 10' },
    ],
    validations: [{ expression: 'variables.count <= variables.limit' }],
  });
  await expect(create(two)).rejects.toMatchObject({ code: 422 });
});

describe('with parameters', () => {
  const withLimit = (binding: object): Promise<void> =>
    put(
      {
        paramKind: { apiVersion: 'v1', kind: 'ConfigMap' },
        validations: [{ expression: 'size(object.data) <= int(params.data.max)' }],
      },
      { paramRef: { name: 'limit', namespace: 'kube-system', parameterNotFoundAction: 'Deny', ...binding } },
    );
  const limit = (name: string, max: string, labels = {}) =>
    parts.client.create('ConfigMap', { metadata: { namespace: 'kube-system', name, labels }, data: { max } });

  it('takes its limits from the object that the binding names', async () => {
    await limit('limit', '2');
    await withLimit({});
    await expect(create({ ...two, c: '3' })).rejects.toMatchObject({ code: 422 });
    await expect(create(two)).resolves.toBeDefined();
  });

  it('must hold with each of those that the binding selects', async () => {
    await limit('one', '1', { limits: 'yes' });
    await limit('two', '2', { limits: 'yes' });
    await withLimit({ name: undefined, selector: { matchLabels: { limits: 'yes' } } });
    await expect(create(two)).rejects.toMatchObject({ code: 422 });
  });

  it.each([
    ['Deny', 422],
    ['Allow', undefined],
  ])('where there is none, does as the binding says: %s', async (parameterNotFoundAction, code) => {
    await withLimit({ parameterNotFoundAction });
    const outcome = await create({}).catch((error: unknown) => error);
    expect((outcome as { code?: number }).code).toBe(code);
  });
});

it.each([
  ['Fail', 422],
  ['Ignore', undefined],
])('where an expression cannot be evaluated, does as the policy says: %s', async (failurePolicy, code) => {
  await put({ failurePolicy, validations: [{ expression: 'object.data.missing == "1"' }] });
  const outcome = await create(two).catch((error: unknown) => error);
  expect((outcome as { code?: number }).code).toBe(code);
});

it.each<[string, object, string]>([
  [
    'that do not compile',
    { validations: [{ expression: 'object.' }] },
    'spec.validations[0].expression: Invalid value',
  ],
  ['of nothing', { validations: [] }, 'validations or auditAnnotations must contain at least one item'],
  ['about nothing', { matchConstraints: {} }, 'spec.matchConstraints.resourceRules: Required value'],
])('refuses policies %s', async (_which, spec, message) => {
  await expect(put(spec)).rejects.toMatchObject({ code: 422, message: expect.stringContaining(message) as string });
});
