import type { IncomingMessage } from 'node:http';
import type { Attributes } from './authorizer';
import { impersonated } from './impersonation';
import type { User } from './user';

const ann: User = { name: 'ann', groups: ['devs'] };
const request = (headers: Record<string, string>): IncomingMessage => ({ headers }) as unknown as IncomingMessage;

/** Allows to impersonate these, as `users/bob`. */
const allowing = (...allowed: readonly string[]) => ({
  isAllowed: (_user: User, attributes: Attributes): boolean =>
    attributes.verb === 'impersonate' &&
    'resource' in attributes &&
    allowed.includes(`${attributes.resource}/${attributes.name ?? ''}`),
});

it('changes nothing without the headers', () => {
  expect(impersonated(allowing(), ann, request({}))).toBe(ann);
});

it.each([
  ['a user', { 'impersonate-user': 'bob' }, ['users/bob'], { name: 'bob', groups: ['system:authenticated'] }],
  [
    'a user with groups',
    { 'impersonate-user': 'bob', 'impersonate-group': 'a, b' },
    ['users/bob', 'groups/a', 'groups/b'],
    { name: 'bob', groups: ['a', 'b', 'system:authenticated'] },
  ],
  [
    'a service account',
    { 'impersonate-user': 'system:serviceaccount:tools:bot' },
    ['serviceaccounts/bot'],
    {
      name: 'system:serviceaccount:tools:bot',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:tools', 'system:authenticated'],
    },
  ],
  [
    'a user by uid',
    { 'impersonate-user': 'bob', 'impersonate-uid': '7' },
    ['users/bob', 'uids/7'],
    { name: 'bob', uid: '7', groups: ['system:authenticated'] },
  ],
  [
    'a user with more about it',
    { 'impersonate-user': 'bob', 'impersonate-extra-example.com%2fteam': 'red, blue' },
    ['users/bob', 'userextras/red', 'userextras/blue'],
    { name: 'bob', groups: ['system:authenticated'], extra: { 'example.com/team': ['red', 'blue'] } },
  ],
])('speaks for %s where that is allowed', (_who, headers, allowed, expected) => {
  expect(impersonated(allowing(...allowed), ann, request(headers))).toEqual(expected);
  for (const missing of allowed) {
    const others = allowed.filter((each) => each !== missing);
    expect(() => impersonated(allowing(...others), ann, request(headers))).toThrow('cannot impersonate resource');
  }
});

it('refuses groups of nobody', () => {
  expect(() => impersonated(allowing('groups/a'), ann, request({ 'impersonate-group': 'a' }))).toThrow(
    'requested impersonation without impersonating a user',
  );
});
