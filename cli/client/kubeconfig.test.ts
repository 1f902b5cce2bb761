import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Environment } from '../environment';
import { connectionOf, kubeconfigFile, loadKubeconfig } from './kubeconfig';

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
  return connectionOf(loadKubeconfig(file), file, flags);
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
  expect(() => loadKubeconfig(path.join(folder, 'none'))).toThrow('start a cluster with "make up"');
});

it.each([
  ['the flag', { KUBECONFIG: '/elsewhere' }, 'here', 'here'],
  ['the first file of the variable', { KUBECONFIG: ':/one:/two' }, undefined, '/one'],
  ['the file in the home folder', {}, undefined, '/home/me/.kube/config'],
])('is looked for in %s', (_what, variables, flag, expected) => {
  const environment = { variables, cwd: folder, checkout: folder, home: '/home/me' } as unknown as Environment;
  expect(kubeconfigFile(environment, flag)).toBe(path.resolve(folder, expected));
});
