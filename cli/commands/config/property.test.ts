import type { Kubeconfig } from '../../client/kubeconfig';
import { parseProperty, parsePropertyValue, withProperty } from './property';

const CONFIG: Kubeconfig = {
  clusters: [
    { name: 'a.b', cluster: { server: 'https://old' } },
    { name: 'c', cluster: { server: 'https://c', 'insecure-skip-tls-verify': true } },
  ],
  users: [{ name: 'u', user: { token: 't' } }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
  'current-context': 'x',
};

const set = (name: string, value: string, isRaw = false): Kubeconfig => {
  const property = parseProperty(name, CONFIG);
  return withProperty(CONFIG, property, parsePropertyValue(property, value, isRaw));
};
const unset = (name: string): Kubeconfig => withProperty(CONFIG, parseProperty(name, CONFIG), undefined);

it('changes one attribute of an entry, also of one whose name holds dots', () => {
  expect(set('clusters.a.b.server', 'https://new').clusters[0]).toEqual({
    name: 'a.b',
    cluster: { server: 'https://new' },
  });
  expect(set('clusters.c.server', 'https://new').clusters[1]?.cluster).toEqual({
    server: 'https://new',
    'insecure-skip-tls-verify': true,
  });
});

it('makes an entry that is not there yet', () => {
  expect(set('users.v.token', 'secret').users).toEqual([...CONFIG.users, { name: 'v', user: { token: 'secret' } }]);
});

it('reads flags as flags and bytes as base64', () => {
  expect(set('clusters.c.insecure-skip-tls-verify', 'false').clusters[1]?.cluster['insecure-skip-tls-verify']).toBe(
    false,
  );
  expect(set('users.u.client-key-data', 'raw', true).users[0]?.user['client-key-data']).toBe('cmF3');
  expect(set('users.u.client-key-data', 'cmF3').users[0]?.user['client-key-data']).toBe('cmF3');
});

it('takes away an attribute, an entry, all entries, the context in use', () => {
  expect(unset('contexts.x.namespace').contexts[0]?.context).toEqual({ cluster: 'c', user: 'u' });
  expect(unset('clusters.a.b').clusters.map(({ name }) => name)).toEqual(['c']);
  expect(unset('users').users).toEqual([]);
  expect(unset('current-context')['current-context']).toBe('');
});

it.each<[string, () => unknown, string]>([
  ['a property of nothing', () => set('nope.x', 'y'), 'nope.x: a property begins with clusters'],
  ['an attribute that no entry has', () => set('contexts.x.nope', 'y'), 'contexts have no attribute "nope"'],
  ['a value for a whole entry', () => set('clusters.c', 'y'), 'clusters.c: name an attribute of it'],
  [
    'what is neither true nor false',
    () => set('clusters.c.insecure-skip-tls-verify', 'maybe'),
    'must be true or false',
  ],
  ['what is no base64', () => set('users.u.client-key-data', '!!'), 'must be base64'],
  ['taking from an entry that is not there', () => unset('clusters.zz.server'), 'clusters has no "zz"'],
])('refuses %s', (_what, act, message) => {
  expect(act).toThrow(message);
});
