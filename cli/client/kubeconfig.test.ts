import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../environment';
import { connectionOf } from './connection';
import { kubeconfigPaths, loadKubeconfigs } from './kubeconfig';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const CONFIG = `
current-context: one
contexts:
- { name: one, context: { cluster: c, user: u, namespace: team } }
- { name: two, context: { cluster: c, user: t } }
- { name: none, context: { cluster: gone, user: u } }
clusters:
- { name: c, cluster: { server: 'https://192.0.2.1:6443', certificate-authority: ca.pem } }
users:
- { name: u, user: { client-certificate-data: ${Buffer.from('cert').toString('base64')}, client-key: key.pem } }
- { name: t, user: { tokenFile: token } }
`;

function connect(flags: Parameters<typeof connectionOf>[2] = {}): ReturnType<typeof connectionOf> {
  const file = path.join(folder, 'config');
  writeFileSync(file, CONFIG);
  writeFileSync(path.join(folder, 'ca.pem'), 'ca');
  writeFileSync(path.join(folder, 'key.pem'), 'key');
  writeFileSync(path.join(folder, 'token'), 'secret\n');
  return connectionOf(loadKubeconfigs([file]).merged, file, flags);
}

it('reads data and files, which lie beside it', () => {
  expect(connect()).toEqual({
    server: 'https://192.0.2.1:6443',
    namespace: 'team',
    insecure: false,
    ca: Buffer.from('ca'),
    certificate: Buffer.from('cert'),
    key: Buffer.from('key'),
  });
});

it('takes another context, server and namespace by flags', () => {
  const flags = { context: 'two', server: 'https://192.0.2.2', namespace: 'mine' };
  expect(connect(flags)).toMatchObject({ server: 'https://192.0.2.2', namespace: 'mine', token: 'secret' });
});

it.each([
  [{ context: 'three' }, 'there is no context "three"'],
  [{ context: 'none' }, 'names no server'],
])('%j is refused', (flags, message) => {
  expect(() => connect(flags)).toThrow(message);
});

it('says what to do where there is no file', () => {
  expect(() => loadKubeconfigs([path.join(folder, 'none')])).toThrow('start a cluster with "make up"');
});

it.each([
  ['the flag', { KUBECONFIG: '/elsewhere' }, 'here', ['here']],
  ['the files of the variable', { KUBECONFIG: ':/one:/two:/one' }, undefined, ['/one', '/two']],
  ['the file in the home folder', {}, undefined, ['/home/me/.kube/config']],
])('is looked for in %s', (_what, variables, flag, expected) => {
  const environment = { variables, cwd: folder, checkout: folder, home: '/home/me' } as unknown as Environment;
  expect(kubeconfigPaths(environment, flag)).toEqual(expected.map((file) => path.resolve(folder, file)));
});

it('merges several files: the first counts, and paths are relative to the file that has them', () => {
  mkdirSync(path.join(folder, 'other'));
  const [one, two] = [path.join(folder, 'one'), path.join(folder, 'other', 'two')];
  writeFileSync(
    one,
    'contexts: [{name: a, context: {cluster: c, user: u}}]\nclusters: [{name: c, cluster: {server: https://one}}]\n',
  );
  writeFileSync(two, CONFIG);
  const { merged } = loadKubeconfigs([one, path.join(folder, 'gone'), two]);
  expect(merged.contexts.map(({ name }) => name)).toEqual(['a', 'one', 'two', 'none']);
  expect(merged['current-context']).toBe('one');
  expect(merged.clusters).toEqual([{ name: 'c', cluster: { server: 'https://one' } }]);
  expect(merged.users[0]?.user['client-key']).toBe(path.join(folder, 'other', 'key.pem'));
});

it('speaks for another when told to', () => {
  expect(connect({ as: 'jane', asGroups: ['dev'] }).impersonate).toEqual({
    user: 'jane',
    groups: ['dev'],
    extra: {},
  });
  expect(connect({ as: 'jane', asExtra: ['team=a', 'team=b', 'site=c=d'] }).impersonate?.extra).toEqual({
    team: ['a', 'b'],
    site: ['c=d'],
  });
  expect(() => connect({ as: 'jane', asExtra: ['team'] })).toThrow('must be KEY=VALUE');
  expect(() => connect({ asGroups: ['dev'] })).toThrow('--as');
});
