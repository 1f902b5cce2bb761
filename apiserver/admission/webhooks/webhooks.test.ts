import type { ApiObject } from '../../../shared/api/objects';
import { systemClock } from '../../../shared/clock';
import { silentLogger } from '../../../shared/logger';
import { mastersOnly } from '../../auth/authorizer';
import { SYSTEM_USER } from '../../auth/user';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import type { WriteOptions } from '../../registry/registry';
import type { OutsideAdmission } from '../outside-admission';
import { nobodyOutside } from '../outside-admission';
import { followHooks } from './hooks';
import type { TestWebhooks } from './testing/test-webhooks';
import { startWebhooks } from './testing/test-webhooks';
import { createWebhookAdmission } from './webhook-admission';
import { WebhookClient } from './webhook-client';

interface AskedRequest {
  readonly uid: string;
  readonly operation: string;
  readonly name?: string;
  readonly namespace?: string;
  readonly dryRun: boolean;
  readonly object: ApiObject | null;
  readonly oldObject: ApiObject | null;
  readonly userInfo: { readonly username: string };
  readonly resource: { readonly resource: string };
}
type Answer = (request: AskedRequest) => object;

/** By the path under which each is asked. */
let answers: Record<string, Answer>;
let asked: { readonly path: string; readonly request: AskedRequest }[];
let webhooks: TestWebhooks;
let parts: TestRegistry;

beforeAll(async () => {
  webhooks = await startWebhooks((at, body) => {
    const { apiVersion, request } = body as { readonly apiVersion: string; readonly request: AskedRequest };
    asked.push({ path: at, request });
    const answer = answers[at];
    if (answer === undefined) return undefined;
    const response = { uid: request.uid, allowed: true, ...answer(request) };
    return { kind: 'AdmissionReview', apiVersion, response };
  });
});
afterAll(() => webhooks.stop());
beforeEach(async () => {
  answers = {};
  asked = [];
  let outside: OutsideAdmission = nobodyOutside;
  parts = await startRegistry({
    outside: { mutate: (call) => outside.mutate(call), validate: (call) => outside.validate(call) },
  });
  const dialer = { service: () => Promise.reject(new Error('no services here')) };
  outside = createWebhookAdmission({
    mutating: followHooks(parts.client, 'MutatingWebhookConfiguration'),
    validating: followHooks(parts.client, 'ValidatingWebhookConfiguration'),
    client: new WebhookClient({ dialer, clock: systemClock }),
    kinds: parts.registry.kinds,
    authorizer: mastersOnly,
    logger: silentLogger,
  });
});
afterEach(() => parts.registry.close());

const RULE = { operations: ['*'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] };

/** Registers a webhook that is asked at `/NAME`. */
async function register(kind: 'Mutating' | 'Validating', name: string, more: object = {}): Promise<void> {
  const webhook = {
    name: `${name}.example.com`,
    clientConfig: { url: `${webhooks.origin}/${name}`, caBundle: webhooks.caBundle },
    rules: [RULE],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...more,
  };
  await parts.client.create(`${kind}WebhookConfiguration`, { metadata: { name }, webhooks: [webhook] });
}

const key = { namespace: 'default', name: 'settings' };
function create(
  data: Record<string, string> = { a: '1' },
  options: Partial<WriteOptions> = {},
  labels: Record<string, string> = {},
) {
  const { registry } = parts;
  const body = { metadata: { name: 'settings', labels }, data };
  return registry.create(registry.kinds.require('ConfigMap'), 'default', body, { user: SYSTEM_USER, ...options });
}
const paths = (): readonly string[] => asked.map((each) => each.path);
const patch = (...operations: object[]): object => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
const set = (name: string, value: string): object => patch({ op: 'add', path: `/data/${name}`, value });

it('asks about what is created, changed and deleted, and tells who does it', async () => {
  await register('Validating', 'watch');
  answers['/watch'] = () => ({});
  await create();
  await parts.client.patch('ConfigMap', key, { type: 'merge', body: { data: { a: '2' } } });
  await parts.client.delete('ConfigMap', key);
  expect(
    asked.map(({ request }) => [request.operation, request.oldObject?.['data'], request.object?.['data']]),
  ).toEqual([
    ['CREATE', undefined, { a: '1' }],
    ['UPDATE', { a: '1' }, { a: '2' }],
    ['DELETE', { a: '2' }, undefined],
  ]);
  expect(asked[0]?.request).toMatchObject({
    name: 'settings',
    namespace: 'default',
    dryRun: false,
    resource: { group: '', version: 'v1', resource: 'configmaps' },
    userInfo: { username: 'system:apiserver' },
    object: { kind: 'ConfigMap', apiVersion: 'v1' },
  });
});

it('refuses what a webhook refuses, in its words, and writes nothing', async () => {
  await register('Validating', 'no');
  answers['/no'] = () => ({ allowed: false, status: { message: 'not on a Friday' } });
  await expect(create()).rejects.toMatchObject({
    code: 403,
    message: 'admission webhook "no.example.com" denied the request: not on a Friday',
  });
  expect(parts.client.view('ConfigMap').get(key)).toBeUndefined();
});

it.each([
  [{ code: 400, message: 'bad' }, 400],
  [{ code: 422, message: 'bad' }, 422],
  [{}, 403],
])('refuses with the code that it names: %j', async (status, code) => {
  await register('Validating', 'no');
  answers['/no'] = () => ({ allowed: false, status });
  await expect(create()).rejects.toMatchObject({ code });
});

it('writes what webhooks make of an object, one after the other by name, before those that judge', async () => {
  await register('Mutating', 'b');
  await register('Mutating', 'a');
  await register('Validating', 'judge');
  answers['/a'] = () => set('by', 'a');
  answers['/b'] = ({ object }) => set('after', JSON.stringify(object?.['data']));
  answers['/judge'] = () => ({ warnings: ['looks odd'] });
  const { object, warnings } = await create();
  expect(object['data']).toEqual({ a: '1', by: 'a', after: '{"a":"1","by":"a"}' });
  expect(paths()).toEqual(['/a', '/b', '/judge']);
  expect(asked[2]?.request.object?.['data']).toEqual(object['data']);
  expect(warnings).toEqual(['looks odd']);
});

it('asks once more, where it wants that, a webhook whose object another has changed', async () => {
  await register('Mutating', 'a', { reinvocationPolicy: 'IfNeeded' });
  await register('Mutating', 'b');
  answers['/a'] = ({ object }) => set('count', String(Object.keys(object?.['data'] as object).length));
  answers['/b'] = () => set('late', 'yes');
  expect((await create()).object['data']).toEqual({ a: '1', count: '3', late: 'yes' });
  expect(paths()).toEqual(['/a', '/b', '/a']);
});

it('reads what they make as if a client had sent it: nothing unknown, the same object', async () => {
  await register('Mutating', 'odd');
  answers['/odd'] = () =>
    patch(
      { op: 'add', path: '/made', value: 'up' },
      { op: 'replace', path: '/metadata/namespace', value: 'kube-system' },
    );
  await expect(create()).rejects.toMatchObject({ code: 400 });
  answers['/odd'] = () => patch({ op: 'add', path: '/made', value: 'up' });
  expect((await create()).object).not.toHaveProperty('made');
});

it.each([
  ['another operation', { rules: [{ ...RULE, operations: ['DELETE'] }] }],
  ['another resource', { rules: [{ ...RULE, resources: ['secrets'] }] }],
  ['subresources', { rules: [{ ...RULE, resources: ['configmaps/*'.replace('*', 'status')] }] }],
  ['another group', { rules: [{ ...RULE, apiGroups: ['apps'] }] }],
  ['the cluster’s own', { rules: [{ ...RULE, scope: 'Cluster' }] }],
  ['other objects', { objectSelector: { matchLabels: { team: 'b' } } }],
  ['other namespaces', { namespaceSelector: { matchLabels: { env: 'prod' } } }],
])('does not ask one that is about %s', async (_what, more) => {
  await register('Validating', 'other', more);
  await create({}, {}, { team: 'a' });
  expect(asked).toEqual([]);
});

it.each([
  ['every resource', { rules: [{ ...RULE, resources: ['*'] }] }],
  ['every group', { rules: [{ ...RULE, apiGroups: ['*'], apiVersions: ['*'] }] }],
  ['such objects', { objectSelector: { matchLabels: { team: 'a' } } }],
  ['such namespaces', { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }],
])('asks one that is about %s', async (_what, more) => {
  await register('Validating', 'such', more);
  answers['/such'] = () => ({});
  await create({}, {}, { team: 'a' });
  expect(paths()).toEqual(['/such']);
});

it.each<[string, string, readonly string[]]>([
  ['holds', 'object.data.a == "1" && request.operation == "CREATE"', ['/such']],
  ['does not hold', 'request.userInfo.username == "nobody"', []],
])('asks one whose condition %s, and no other', async (_what, expression, expected) => {
  await register('Validating', 'such', { matchConditions: [{ name: 'c', expression }] });
  answers['/such'] = () => ({});
  await create();
  expect(paths()).toEqual(expected);
});

it('refuses where a condition cannot be evaluated, unless the webhook may be passed over', async () => {
  const matchConditions = [{ name: 'c', expression: 'object.data.missing == "1"' }];
  await register('Validating', 'such', { matchConditions });
  await expect(create()).rejects.toMatchObject({
    code: 403,
    message: expect.stringContaining('No such key') as string,
  });
  await parts.client.delete('ValidatingWebhookConfiguration', { name: 'such' });
  await register('Validating', 'such', { matchConditions, failurePolicy: 'Ignore' });
  await expect(create()).resolves.toBeDefined();
  await expect(
    register('Mutating', 'bad', { matchConditions: [{ name: 'c', expression: '1 +' }] }),
  ).rejects.toMatchObject({ code: 422 });
});

it('never asks about who is asked', async () => {
  await register('Validating', 'all', {
    rules: [{ operations: ['*'], apiGroups: ['*'], apiVersions: ['*'], resources: ['*'] }],
  });
  await parts.client.delete('ValidatingWebhookConfiguration', { name: 'all' });
  expect(asked).toEqual([]);
});

describe('a webhook that does not answer', () => {
  it('stands in the way, as long as it does not say otherwise', async () => {
    await register('Validating', 'broken');
    await expect(create()).rejects.toMatchObject({
      code: 500,
      message: expect.stringMatching(
        /^Internal error occurred: failed calling webhook "broken.example.com": failed to call webhook: Post .*out of order$/,
      ) as string,
    });
    await parts.client.delete('ValidatingWebhookConfiguration', { name: 'broken' });
    await register('Validating', 'broken', { failurePolicy: 'Ignore' });
    await expect(create()).resolves.toBeDefined();
  });

  it.each<[string, object, string]>([
    ['whose certificate nobody vouches for', { caBundle: undefined }, 'certificate'],
    ['that is not there', { url: 'https://localhost:1/x' }, 'ECONNREFUSED'],
    [
      'whose service has no endpoints',
      { url: undefined, service: { namespace: 'default', name: 'hooks' } },
      'no services here',
    ],
  ])('stands in the way: %s', async (_which, more, why) => {
    await register('Validating', 'away', {
      clientConfig: JSON.parse(
        JSON.stringify({ url: `${webhooks.origin}/away`, caBundle: webhooks.caBundle, ...more }),
      ) as object,
    });
    await expect(create()).rejects.toMatchObject({ code: 500, message: expect.stringContaining(why) as string });
  });

  it.each<[string, object]>([
    ['of another request', { uid: 'other' }],
    ['with a patch of another kind', { patchType: 'Merge', patch: 'e30=' }],
    ['with a patch that does not apply', patch({ op: 'remove', path: '/data/none' })],
    ['with a patch that is none', { patchType: 'JSONPatch', patch: 'e30=' }],
  ])('counts as one that answers %s', async (_what, answer) => {
    await register('Mutating', 'odd');
    answers['/odd'] = () => answer;
    await expect(create()).rejects.toMatchObject({ code: 500 });
  });
});

it('is told of a dry run, after which nothing is written', async () => {
  await register('Mutating', 'a');
  answers['/a'] = () => set('by', 'a');
  const { object } = await create({}, { dryRun: true });
  expect(object['data']).toEqual({ by: 'a' });
  expect(asked[0]?.request.dryRun).toBe(true);
  expect(parts.client.view('ConfigMap').get(key)).toBeUndefined();
});

it('keeps nothing from a namespace that begins to go while it is asked', async () => {
  await register('Validating', 'slow');
  await parts.client.create('Namespace', { metadata: { name: 'team', finalizers: ['example.com/hold'] } });
  let begun: Promise<void> | undefined;
  answers['/slow'] = () => {
    begun ??= parts.client.delete('Namespace', { name: 'team' });
    return {};
  };
  await expect(
    parts.client.create('ConfigMap', { metadata: { namespace: 'team', name: 'late' } }),
  ).rejects.toMatchObject({ code: 403 });
  await begun;
});

it('shows a kind in the version that the webhook names, and takes its patch in that', async () => {
  const rules = [{ operations: ['*'], apiGroups: ['autoscaling'], apiVersions: ['v2'], resources: ['*'] }];
  await register('Mutating', 'scale', { rules });
  await register('Mutating', 'exact', { rules, matchPolicy: 'Exact' });
  answers['/scale'] = () =>
    patch({ op: 'replace', path: '/spec/metrics/0/resource/target/averageUtilization', value: 70 });
  answers['/exact'] = () => patch({ op: 'replace', path: '/spec/maxReplicas', value: 9 });
  const { registry } = parts;
  const kind = registry.kinds.byResource('autoscaling', 'v1', 'horizontalpodautoscalers');
  if (kind === undefined) throw new Error('autoscaling/v1 is not served');
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const body = {
    metadata: { name: 'web' },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef },
  };
  const { object } = await registry.create(kind, 'default', body, { user: SYSTEM_USER });
  expect(object['spec']).toMatchObject({ targetCPUUtilizationPercentage: 70, maxReplicas: 3 });
  expect(asked).toHaveLength(1);
  expect(asked[0]?.request).toMatchObject({
    kind: { group: 'autoscaling', version: 'v2' },
    requestKind: { group: 'autoscaling', version: 'v1' },
    object: { apiVersion: 'autoscaling/v2' },
  });
});
