import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import type { PolicyRequest } from './policy-rules';
import { allows, requestsOf, uncovered } from './policy-rules';

const on = (resource: string, verb = 'get', more: object = {}): PolicyRequest => ({
  verb,
  group: '',
  resource,
  ...more,
});
const log = on('pods', 'get', { subresource: 'log' });
const pods: PolicyRule = { apiGroups: [''], resources: ['pods'], verbs: ['get'] };

describe('a rule', () => {
  it.each<[string, PolicyRule, PolicyRequest, boolean]>([
    ['what it names', pods, on('pods'), true],
    ['no other verb', pods, on('pods', 'list'), false],
    ['no other resource', pods, on('secrets'), false],
    ['no other group', pods, { ...on('pods'), group: 'apps' } as PolicyRequest, false],
    ['no subresource of what it names', pods, log, false],
    ['the subresource that it names', { ...pods, resources: ['pods/log'] }, log, true],
    ['that subresource of everything', { ...pods, resources: ['*/log'] }, log, true],
    ['only subresources by that', { ...pods, resources: ['*/log'] }, on('pods'), false],
    ['everything by stars', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, log, true],
    ['only the names that it names', { ...pods, resourceNames: ['a'] }, on('pods', 'get', { name: 'a' }), true],
    ['no other name', { ...pods, resourceNames: ['a'] }, on('pods', 'get', { name: 'b' }), false],
    [
      'no path by resources',
      { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
      { verb: 'get', path: '/metrics' },
      false,
    ],
    ['a path', { nonResourceURLs: ['/metrics'], verbs: ['get'] }, { verb: 'get', path: '/metrics' }, true],
    ['paths below', { nonResourceURLs: ['/apis/*'], verbs: ['get'] }, { verb: 'get', path: '/apis/apps/v1' }, true],
    ['no path beside', { nonResourceURLs: ['/apis/*'], verbs: ['get'] }, { verb: 'get', path: '/api' }, false],
  ])('allows %s', (_what, rule, attributes, expected) => {
    expect(allows(rule, attributes)).toBe(expected);
  });
});

const wide: PolicyRule = {
  apiGroups: ['', 'apps'],
  resources: ['pods', 'pods/log'],
  resourceNames: ['a', 'b'],
  verbs: ['get', 'list'],
};

it('is broken down into requests that it allows itself, by group, resource, verb and name', () => {
  const requests = [...requestsOf(wide)];
  expect(requests).toHaveLength(16);
  expect(requests.every((request) => allows(wide, request))).toBe(true);
  expect(requests.slice(0, 3)).toEqual([
    { verb: 'get', group: '', resource: 'pods', name: 'a' },
    { verb: 'get', group: '', resource: 'pods', name: 'b' },
    { verb: 'list', group: '', resource: 'pods', name: 'a' },
  ]);
  expect([...requestsOf({ nonResourceURLs: ['/a', '/b'], verbs: ['get'] })]).toEqual([
    { verb: 'get', path: '/a' },
    { verb: 'get', path: '/b' },
  ]);
});

it('leaves uncovered what no other rule allows', () => {
  const owned: readonly PolicyRule[] = [
    { apiGroups: [''], resources: ['*'], verbs: ['get'] },
    { apiGroups: ['*'], resources: ['pods'], verbs: ['*'] },
  ];
  expect([...uncovered([{ ...wide, resourceNames: [] }], owned)]).toEqual([
    { verb: 'list', group: '', resource: 'pods', subresource: 'log' },
    { verb: 'get', group: 'apps', resource: 'pods', subresource: 'log' },
    { verb: 'list', group: 'apps', resource: 'pods', subresource: 'log' },
  ]);
});
