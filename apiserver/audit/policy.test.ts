import { parsePolicy } from './parse-policy';
import type { AuditedAttributes } from './policy';
import { decide } from './policy';

const HEAD = 'apiVersion: audit.k8s.io/v1\nkind: Policy\n';
const policy = (rules: string, more = ''): ReturnType<typeof parsePolicy> =>
  parsePolicy(`${HEAD}${more}rules:\n${rules}`, 'policy.yaml');
const levelOf = (rules: string, attributes: AuditedAttributes): string => decide(policy(rules), attributes).level;

const jane = { name: 'jane', groups: ['dev', 'system:authenticated'] };
const get = (resource: Partial<NonNullable<AuditedAttributes['resource']>>, more = {}): AuditedAttributes => ({
  user: jane,
  verb: 'get',
  path: '/somewhere',
  resource: { group: '', resource: 'pods', ...resource },
  ...more,
});

describe('a rule', () => {
  it.each<[string, string, AuditedAttributes, boolean]>([
    ['of nothing', '', get({}), true],
    ['of a user', 'users: [jane]', get({}), true],
    ['of another user', 'users: [joe]', get({}), false],
    ['of a user where nobody is known', 'users: [jane]', { verb: 'get', path: '/' }, false],
    ['of a group', 'userGroups: [ops, dev]', get({}), true],
    ['of another group', 'userGroups: [ops]', get({}), false],
    ['of a verb', 'verbs: [list, get]', get({}), true],
    ['of another verb', 'verbs: [list]', get({}), false],
    ['of a namespace', 'namespaces: [a]', get({ namespace: 'a' }), true],
    ['of another namespace', 'namespaces: [b]', get({ namespace: 'a' }), false],
    ['of no namespace', 'namespaces: [""]', get({ resource: 'nodes' }), true],
    [
      'of namespaces, of what is no resource,',
      'namespaces: [""]',
      { user: jane, verb: 'get', path: '/healthz' },
      false,
    ],
    ['of a group of resources', 'resources: [{group: ""}]', get({ subresource: 'log' }), true],
    ['of another group of resources', 'resources: [{group: apps}]', get({}), false],
    ['of a resource', 'resources: [{resources: [pods]}]', get({}), true],
    ['of a resource, of its subresource,', 'resources: [{resources: [pods]}]', get({ subresource: 'log' }), false],
    ['of a subresource', 'resources: [{resources: [pods/log]}]', get({ subresource: 'log' }), true],
    ['of all subresources', 'resources: [{resources: ["pods/*"]}]', get({ subresource: 'log' }), true],
    ['of all subresources, of the resource,', 'resources: [{resources: ["pods/*"]}]', get({}), true],
    ['of all subresources of another', 'resources: [{resources: ["pods/*"]}]', get({ resource: 'nodes' }), false],
    ['of a subresource of all', 'resources: [{resources: ["*/log"]}]', get({ subresource: 'log' }), true],
    ['of every resource', 'resources: [{resources: ["*"]}]', get({ subresource: 'log' }), true],
    ['of a name', 'resources: [{resources: [pods], resourceNames: [a]}]', get({ name: 'a' }), true],
    ['of another name', 'resources: [{resources: [pods], resourceNames: [a]}]', get({}), false],
    ['of a path', 'nonResourceURLs: [/healthz]', { user: jane, verb: 'get', path: '/healthz' }, true],
    ['of paths', 'nonResourceURLs: ["/livez*"]', { user: jane, verb: 'get', path: '/livez/ping' }, true],
    ['of other paths', 'nonResourceURLs: [/healthz]', { user: jane, verb: 'get', path: '/livez' }, false],
    ['of paths, of a resource,', 'nonResourceURLs: ["*"]', get({}), false],
    ['of several things', 'users: [jane]\n    verbs: [get]\n    namespaces: [a]', get({ namespace: 'a' }), true],
    ['of several things, one of them wrong,', 'users: [jane]\n    verbs: [put]', get({}), false],
  ])('%s is followed only where it should be', (_, rule, attributes, expected) => {
    expect(levelOf(`  - level: Request\n    ${rule}`, attributes)).toBe(expected ? 'Request' : 'None');
  });

  it('comes before those after it', () => {
    expect(levelOf('  - {level: None, users: [jane]}\n  - level: Metadata', get({}))).toBe('None');
    expect(levelOf('  - {level: None, users: [joe]}\n  - level: Metadata', get({}))).toBe('Metadata');
  });

  it('leaves out stages together with the policy, and decides alone about managed fields', () => {
    const decision = decide(
      policy(
        '  - {level: Metadata, omitStages: [Panic], omitManagedFields: false}',
        'omitStages: [RequestReceived]\nomitManagedFields: true\n',
      ),
      get({}),
    );
    expect([...decision.omitStages]).toEqual(['RequestReceived', 'Panic']);
    expect(decision.omitManagedFields).toBe(false);
  });
});

it.each([
  ['kind: Policy\nrules: [{level: None}]\n', 1, 'apiVersion must be a text'],
  ['apiVersion: audit.k8s.io/v1beta1\nkind: Policy\n', 1, 'apiVersion must be audit.k8s.io/v1'],
  ['apiVersion: audit.k8s.io/v1\nkind: Pod\n', 2, 'kind must be Policy'],
  [HEAD, 1, 'rules: there must be one at least'],
  [`${HEAD}rules:\n- level: All\n`, 4, 'level must be one of None, Metadata, Request, RequestResponse'],
  [`${HEAD}rules:\n- level: None\n  user: [a]\n`, 5, 'unknown field "user"'],
  [`${HEAD}rules:\n- level: None\n  verbs: get\n`, 5, 'verbs must be a list'],
  [`${HEAD}rules:\n- level: None\n  verbs: [1]\n`, 5, 'verbs must be a list of texts'],
  [`${HEAD}rules:\n- level: None\n  omitStages:\n  - Start\n`, 6, 'omitStages: "Start" must be one of RequestReceived'],
  [`${HEAD}rules:\n- level: None\n  nonResourceURLs: [healthz]\n`, 5, '"healthz" must begin with /'],
  [`${HEAD}rules:\n- level: None\n  namespaces: [a]\n  nonResourceURLs: [/a]\n`, 6, 'or about nonResourceURLs'],
  [`${HEAD}rules:\n- level: None\n  resources: [{group: apps/v1}]\n`, 5, 'group must not hold a version'],
  [`${HEAD}rules:\n- level: None\n  resources: [{resourceNames: [a]}]\n`, 5, 'resourceNames needs resources'],
  [`${HEAD}omitManagedFields: maybe\nrules: [{level: None}]\n`, 3, 'omitManagedFields must be true or false'],
  [`${HEAD}rules: [\n`, 4, 'Flow sequence'],
  ['- a\n', 1, 'the policy must be a map'],
])('refuses the policy %j in line %i', (text, line, why) => {
  expect(() => parsePolicy(text, '/etc/policy.yaml')).toThrow(`/etc/policy.yaml, line ${line}: `);
  expect(() => parsePolicy(text, '/etc/policy.yaml')).toThrow(why);
});
