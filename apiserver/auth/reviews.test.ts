import type { TestApi } from '../http/testing/test-api';
import { startApi } from '../http/testing/test-api';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';
import { mastersOnly } from './authorizer';
import { RbacAuthorizer } from './rbac/rbac-authorizer';
import { reviewHandlers } from './reviews';

let roles: TestRegistry;
let api: TestApi;
beforeEach(async () => {
  roles = await startRegistry();
  api = await startApi(reviewHandlers({ authorizer: mastersOnly, roles: new RbacAuthorizer(roles.client) }, []));
});
afterEach(async () => {
  await api.close();
  await roles.registry.close();
});

const GROUP = '/apis/authorization.k8s.io/v1';
const LOCAL = `${GROUP}/namespaces/default/localsubjectaccessreviews`;
const on = { verb: 'list', resource: 'configmaps', namespace: 'default' };
const at = { verb: 'get', path: '/' };

it.each<[string, string, object, number, string]>([
  ['about nothing', `${GROUP}/selfsubjectaccessreviews`, {}, 422, 'exactly one of nonResourceAttributes or'],
  [
    'about two things',
    `${GROUP}/subjectaccessreviews`,
    { user: 'ann', resourceAttributes: on, nonResourceAttributes: at },
    422,
    'cannot be specified in combination with resourceAttributes',
  ],
  [
    'about nobody',
    `${GROUP}/subjectaccessreviews`,
    { resourceAttributes: on },
    422,
    'spec.user: Invalid value: "": at least one of user or group must be specified',
  ],
  [
    'of a namespace about no resource',
    LOCAL,
    { user: 'ann', nonResourceAttributes: at },
    422,
    'spec.nonResourceAttributes: Invalid value: {"verb":"get","path":"/"}: disallowed on this kind of request',
  ],
  [
    'of another namespace',
    LOCAL,
    { user: 'ann', resourceAttributes: { ...on, namespace: 'other' } },
    400,
    'spec.resourceAttributes.namespace must match namespace: default',
  ],
  ['of rules nowhere', `${GROUP}/selfsubjectrulesreviews`, {}, 400, 'no namespace on request'],
])('refuses a review %s', async (_what, path, spec, code, message) => {
  const answer = await api.ask('POST', path, { body: { spec } });
  expect([answer.code, answer.body['message']]).toEqual([code, expect.stringContaining(message)]);
});

it.each([
  [{ user: 'ann' }, false],
  [{ groups: ['system:masters'] }, true],
])('tells of %j whether it may', async (who, allowed) => {
  const { body } = await api.ask('POST', LOCAL, { body: { spec: { ...who, resourceAttributes: on } } });
  expect(body['status']).toMatchObject({ allowed });
});
