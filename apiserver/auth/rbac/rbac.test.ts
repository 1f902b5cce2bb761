import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import { allows } from '../../../shared/policy-rules';
import { createKindList } from '../../kinds/kinds';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import type { Attributes, Authorizer } from '../authorizer';
import { anyOf, authorize, mastersOnly } from '../authorizer';
import type { User } from '../user';
import { SYSTEM_USER } from '../user';
import { ensureBootstrapRoles } from './bootstrap-roles';
import { rbacEscalation } from './escalation';
import { RbacAuthorizer } from './rbac-authorizer';

const on = (resource: string, verb = 'get', more: object = {}): Attributes => ({ verb, group: '', resource, ...more });
const log = on('pods', 'get', { subresource: 'log' });
const pods: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };

describe('roles and bindings', () => {
  let parts: TestRegistry;
  let roles: RbacAuthorizer;
  let authorizer: Authorizer;
  beforeEach(async () => {
    parts = await startRegistry({ morePlugins: [rbacEscalation(() => ({ authorizer, roles }))] });
    roles = new RbacAuthorizer(parts.client);
    authorizer = anyOf([mastersOnly, roles]);
    await ensureBootstrapRoles(parts.client);
  });
  afterEach(() => parts.registry.close());

  const ann: User = { name: 'ann', groups: ['devs', 'system:authenticated'] };
  const isAllowed = (attributes: Attributes, user = ann): boolean => authorizer.isAllowed(user, attributes);
  const inTeam = (resource: string, verb = 'get'): Attributes => on(resource, verb, { namespace: 'default' });

  async function bind(
    kind: 'RoleBinding' | 'ClusterRoleBinding',
    role: string,
    subject: object,
    user = SYSTEM_USER,
  ): Promise<void> {
    const { registry } = parts;
    await registry.create(
      registry.kinds.require(kind),
      kind === 'RoleBinding' ? 'default' : undefined,
      {
        metadata: { name: 'bound' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
        subjects: [subject],
      },
      { user },
    );
  }
  const createRole = (rules: readonly PolicyRule[], user: User) =>
    parts.registry.create(
      parts.registry.kinds.require('ClusterRole'),
      undefined,
      { metadata: { name: 'made' }, rules },
      { user },
    );

  it('allow nothing but looking around to who has none', () => {
    expect(isAllowed(inTeam('pods'))).toBe(false);
    expect(isAllowed({ verb: 'get', path: '/apis' })).toBe(true);
    expect(isAllowed({ verb: 'get', path: '/metrics' })).toBe(false);
    expect(isAllowed({ verb: 'create', group: 'authorization.k8s.io', resource: 'selfsubjectaccessreviews' })).toBe(
      true,
    );
  });

  it.each([
    ['a user', { kind: 'User', name: 'ann' }, ann],
    ['a group', { kind: 'Group', name: 'devs' }, ann],
    [
      'a service account',
      { kind: 'ServiceAccount', name: 'bot', namespace: 'tools' },
      { name: 'system:serviceaccount:tools:bot', groups: [] },
    ],
  ])('reach %s, in the namespace of the binding only', async (_who, subject, user) => {
    await bind('RoleBinding', 'view', subject);
    expect(isAllowed(inTeam('pods', 'list'), user)).toBe(true);
    expect(isAllowed(on('pods', 'list', { namespace: 'other' }), user)).toBe(false);
    expect(isAllowed(on('pods', 'list'), user)).toBe(false);
    expect(isAllowed(inTeam('secrets'), user)).toBe(false);
    expect(isAllowed(inTeam('pods', 'create'), user)).toBe(false);
  });

  it('reach every namespace by a cluster binding, until it is gone', async () => {
    await bind('ClusterRoleBinding', 'edit', { kind: 'Group', name: 'devs' });
    expect([isAllowed(on('pods', 'create', { namespace: 'other' })), isAllowed(inTeam('secrets'))]).toEqual([
      true,
      true,
    ]);
    expect(
      isAllowed({ verb: 'create', group: 'rbac.authorization.k8s.io', resource: 'roles', namespace: 'default' }),
    ).toBe(false);
    await parts.client.delete('ClusterRoleBinding', { name: 'bound' });
    expect(isAllowed(inTeam('pods', 'create'))).toBe(false);
  });

  it('cluster-admin may do everything', async () => {
    await bind('ClusterRoleBinding', 'cluster-admin', { kind: 'User', name: 'ann' });
    expect([isAllowed(log), isAllowed({ verb: 'get', path: '/metrics' })]).toEqual([true, true]);
  });

  it('nobody writes a role that allows more than they may, or binds one', async () => {
    await bind('ClusterRoleBinding', 'view', { kind: 'User', name: 'ann' });
    await expect(createRole([pods], ann)).resolves.toBeDefined();
    await expect(createRole([{ ...pods, verbs: ['delete'] }], ann)).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining(
        'user "ann" (groups=["devs" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
      ) as string,
    });
    await expect(bind('RoleBinding', 'cluster-admin', { kind: 'User', name: 'ann' }, ann)).rejects.toMatchObject({
      code: 403,
    });
    await expect(bind('RoleBinding', 'view', { kind: 'User', name: 'bob' }, ann)).resolves.toBeUndefined();
  });

  it('nobody binds a role that is yet to come', async () => {
    await bind('ClusterRoleBinding', 'admin', { kind: 'User', name: 'ann' });
    await parts.client.delete('ClusterRoleBinding', { name: 'bound' });
    await bind('RoleBinding', 'admin', { kind: 'User', name: 'ann' });
    await parts.client.delete('RoleBinding', { namespace: 'default', name: 'bound' });
    await expect(bind('RoleBinding', 'later', { kind: 'User', name: 'ann' }, ann)).rejects.toMatchObject({
      code: 404,
      message: expect.stringContaining('"later" not found') as string,
    });
  });

  it('those who deploy may not write endpoints', async () => {
    await bind('RoleBinding', 'admin', { kind: 'User', name: 'ann' });
    expect([isAllowed(inTeam('endpoints')), isAllowed(inTeam('endpoints', 'update'))]).toEqual([true, false]);
    expect(isAllowed(inTeam('services', 'update'))).toBe(true);
  });

  it('who may escalate or bind may', async () => {
    const special = (verb: string, resource: string): PolicyRule => ({
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: [resource],
      verbs: [verb],
    });
    await parts.client.create('ClusterRole', {
      metadata: { name: 'special' },
      rules: [special('escalate', 'clusterroles'), special('bind', 'clusterroles')],
    });
    await bind('ClusterRoleBinding', 'special', { kind: 'User', name: 'ann' });
    await expect(createRole([{ ...pods, verbs: ['delete'] }], ann)).resolves.toBeDefined();
    await expect(bind('RoleBinding', 'admin', { kind: 'User', name: 'bob' }, ann)).resolves.toBeUndefined();
  });

  describe('that come with the server', () => {
    const change = (name: string, body: object) => parts.client.patch('ClusterRole', { name }, { type: 'merge', body });
    const rulesOf = (name: string): readonly PolicyRule[] =>
      parts.client.view('ClusterRole').get({ name })?.rules ?? [];

    it('get back what they lost, and keep what was added', async () => {
      const before = rulesOf('system:basic-user');
      await change('system:basic-user', { rules: [before[1], pods] });
      await ensureBootstrapRoles(parts.client);
      expect(rulesOf('system:basic-user')).toEqual([before[1], pods, before[0]]);
    });

    it('stay as they are where somebody says so', async () => {
      await change('system:basic-user', {
        metadata: { annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'false' } },
        rules: [pods],
      });
      await ensureBootstrapRoles(parts.client);
      expect(rulesOf('system:basic-user')).toEqual([pods]);
    });

    it('are not written when there is nothing to write', async () => {
      const { resourceVersion } = parts.client.view('ClusterRole');
      await ensureBootstrapRoles(parts.client);
      expect(parts.client.view('ClusterRole').resourceVersion).toBe(resourceVersion);
    });

    it('hold what smaller roles hold: view in edit, edit in admin', () => {
      const text = (name: string): readonly string[] => rulesOf(name).map((rule) => JSON.stringify(rule));
      expect(text('edit')).toEqual(expect.arrayContaining([...text('view')]));
      expect(text('admin')).toEqual(expect.arrayContaining([...text('edit')]));
    });
  });

  it('nobody writes a role that gathers others but who may do everything', async () => {
    await bind('ClusterRoleBinding', 'admin', { kind: 'User', name: 'ann' });
    const { registry } = parts;
    const create = (user: User) =>
      registry.create(
        registry.kinds.require('ClusterRole'),
        undefined,
        { metadata: { name: 'all' }, aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } },
        { user },
      );
    await expect(create(ann)).rejects.toMatchObject({ code: 403 });
    await expect(create(SYSTEM_USER)).resolves.toBeDefined();
  });

  it('a refusal says which role is missing', async () => {
    await parts.client.create('RoleBinding', {
      metadata: { namespace: 'default', name: 'early' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'late' },
      subjects: [{ kind: 'User', name: 'ann' }],
    });
    expect(() => authorize(authorizer, ann, inTeam('pods', 'list'))).toThrow(
      'in the namespace "default": RBAC: role.rbac.authorization.k8s.io "late" not found',
    );
  });

  it('allow exactly the one verb on the one resource that a rule names, of all that are served', () => {
    const served = createKindList().all.flatMap((kind) => [
      ...kind.verbs.map((verb) => ({ verb, group: kind.group, resource: kind.plural })),
      ...kind.subresources.flatMap(({ name, verbs }) =>
        verbs.map((verb) => ({ verb, group: kind.group, resource: kind.plural, subresource: name })),
      ),
    ]);
    const keyOf = ({ verb, group, resource, subresource = '' }: (typeof served)[number] & { subresource?: string }) =>
      `${verb} ${group}/${resource}/${subresource}`;
    const distinct = [...new Map(served.map((each) => [keyOf(each), each])).values()];
    expect(distinct.length).toBeGreaterThan(300);
    for (const named of distinct) {
      const { verb, group, resource } = named;
      const full = 'subresource' in named ? `${resource}/${named.subresource}` : resource;
      const rule = { verbs: [verb], apiGroups: [group], resources: [full] };
      expect(distinct.filter((each) => allows(rule, each))).toEqual([named]);
    }
  });
});
