import type { Authorizer } from '../../auth/authorizer';
import { SYSTEM_USER } from '../../auth/user';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import type { WriteOptions } from '../../registry/registry';
import type { OutsideAdmission } from '../outside-admission';
import { bothOutside, nobodyOutside } from '../outside-admission';
import { createAdmissionPolicies } from './admission-policies';

/** Who is called anna may do what is named so: `get configmaps`, `get /healthz`; nobody else may anything. */
const allowed = new Set<string>();
const authorizer: Authorizer = {
  isAllowed: ({ name }, asked) =>
    name === 'anna' && allowed.has('path' in asked ? `${asked.verb} ${asked.path}` : textOf(asked)),
  whyNot: ({ name }) => `nothing says that ${name} may`,
};
const textOf = (asked: Exclude<Parameters<Authorizer['isAllowed']>[1], { path: string }>): string => {
  const { verb, group, resource, subresource = '', namespace = '', name = '' } = asked;
  return [verb, group, resource, subresource, namespace, name].join(' ');
};

let parts: TestRegistry;
beforeEach(async () => {
  allowed.clear();
  let outside: OutsideAdmission = nobodyOutside;
  parts = await startRegistry({
    outside: { mutate: (call) => outside.mutate(call), validate: (call) => outside.validate(call) },
  });
  outside = bothOutside(
    nobodyOutside,
    createAdmissionPolicies({ client: parts.client, kinds: parts.registry.kinds, authorizer }),
  );
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

describe('asks what the client may do', () => {
  const anna = { user: { name: 'anna', groups: [] } };

  it.each([
    ['authorizer.group("").resource("secrets").namespace("x").name("y").check("get").allowed()', 'get  secrets  x y'],
    [
      'authorizer.group("apps").resource("deployments").subresource("scale").check("patch").allowed()',
      'patch apps deployments scale  ',
    ],
    ['authorizer.path("/healthz").check("get").allowed()', 'get /healthz'],
    ['authorizer.requestResource.check("approve").allowed()', 'approve  configmaps  default settings'],
  ])('%s', async (expression, right) => {
    await put({ validations: [{ expression, messageExpression: '"no"' }] });
    await expect(create({}, anna)).rejects.toMatchObject({ message: `${DENIED}no` });
    await expect(create({}, { user: { name: 'bert', groups: [] } })).rejects.toMatchObject({ code: 422 });
    allowed.add(right);
    await expect(create({}, anna)).resolves.toBeDefined();
  });

  it('and says why not, or asks for a service account', async () => {
    const asked = (who: string): string => `${who}.group("").resource("secrets").check("get").reason()`;
    const messageExpression = `${asked('authorizer')} + ", " + ${asked('authorizer.serviceAccount("x", "robot")')}`;
    await put({ validations: [{ expression: 'false', messageExpression }] });
    await expect(create({}, anna)).rejects.toMatchObject({
      message: `${DENIED}nothing says that anna may, nothing says that system:serviceaccount:x:robot may`,
    });
  });

  it('also where a condition decides whether a policy is about it', async () => {
    const expression = '!authorizer.requestResource.check("breakglass").allowed()';
    await put({ matchConditions: [{ name: 'not-privileged', expression }], validations: [{ expression: 'false' }] });
    await expect(create({}, anna)).rejects.toMatchObject({ code: 422 });
    allowed.add('breakglass  configmaps  default settings');
    await expect(create({}, anna)).resolves.toBeDefined();
  });
});

describe('a kind in another version than the policy names', () => {
  const RULES = [
    {
      operations: ['CREATE'],
      apiGroups: ['autoscaling'],
      apiVersions: ['v2'],
      resources: ['horizontalpodautoscalers'],
    },
  ];
  const scaler = {
    metadata: { name: 'web' },
    spec: {
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    },
  };
  const inV1 = () => {
    const { registry } = parts;
    const kind = registry.kinds.byResource('autoscaling', 'v1', 'horizontalpodautoscalers');
    if (kind === undefined) throw new Error('autoscaling/v1 is not served');
    return registry.create(kind, 'default', scaler, { user: SYSTEM_USER });
  };
  const message =
    'object.spec.metrics[0].resource.name + " " + request.kind.version + " " + request.requestKind.version';

  it('is judged as that version has it', async () => {
    await put({
      matchConstraints: { resourceRules: RULES },
      validations: [{ expression: 'false', messageExpression: message }],
    });
    await expect(inV1()).rejects.toMatchObject({ message: expect.stringMatching(/cpu v2 v1$/) as string });
  });

  it('is let be by one that is exact', async () => {
    await put({
      matchConstraints: { resourceRules: RULES, matchPolicy: 'Exact' },
      validations: [{ expression: 'false' }],
    });
    await expect(inV1()).resolves.toBeDefined();
  });
});
