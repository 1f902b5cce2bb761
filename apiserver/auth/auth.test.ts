import { X509Certificate, createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FakeClock } from '../../shared/testing/fake-clock';
import { authenticate, byBearerToken, byTokenFile } from './authenticator';
import { authorize, mastersOnly } from './authorizer';
import { openClusterAuthority } from './cluster-authority';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-auth-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const DAY_MS = 86_400_000;

describe('the cluster authority', () => {
  it('makes a CA once, and keeps keys from others', async () => {
    const clock = new FakeClock();
    const open = () => openClusterAuthority({ folder, clock, names: ['localhost', '127.0.0.1'] });
    const first = await open();
    const second = await open();
    expect(second.caFingerprintSha256).toBe(first.caFingerprintSha256);
    expect(second.server.certificatePem).toBe(first.server.certificatePem);
    expect(statSync(path.join(folder, 'ca.key')).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(folder, 'ca.key'), 'utf8')).toContain('PRIVATE KEY');
  });

  it('signs certificates that verify, for the names that were asked', async () => {
    const { caCertificatePem, server, admin } = await openClusterAuthority({
      folder,
      clock: new FakeClock(),
      names: ['localhost', '10.1.2.3'],
    });
    const ca = new X509Certificate(caCertificatePem);
    for (const { certificatePem, keyPem } of [server, admin]) {
      const certificate = new X509Certificate(certificatePem);
      expect(certificate.verify(ca.publicKey)).toBe(true);
      expect(certificate.checkPrivateKey(createPrivateKey(keyPem))).toBe(true);
    }
    expect(new X509Certificate(server.certificatePem).checkHost('localhost')).toBe('localhost');
    expect(new X509Certificate(server.certificatePem).checkIP('10.1.2.3')).toBe('10.1.2.3');
    expect(new X509Certificate(admin.certificatePem).subject).toContain('O=system:masters');
  });

  it.each([
    ['a name is new', { days: 0, names: ['localhost', 'other.example'] }],
    ['it ends soon', { days: 320, names: ['localhost'] }],
  ])('makes the server certificate anew when %s', async (_when, { days, names }) => {
    const clock = new FakeClock();
    const first = await openClusterAuthority({ folder, clock, names: ['localhost'] });
    await clock.advance(days * DAY_MS);
    const second = await openClusterAuthority({ folder, clock, names });
    expect(second.server.certificatePem).not.toBe(first.server.certificatePem);
    expect(second.caCertificatePem).toBe(first.caCertificatePem);
  });
});

describe('the token file', () => {
  const withToken = (token?: string): IncomingMessage =>
    ({ headers: token === undefined ? {} : { authorization: `Bearer ${token}` } }) as unknown as IncomingMessage;

  it('knows users by their tokens, and no others', () => {
    const file = path.join(folder, 'tokens.csv');
    writeFileSync(file, 'abc,alice,u1,"dev,ops"\ndef,bob,u2\n');
    const tokens = byBearerToken([byTokenFile(file, ['api'])]);
    expect(tokens.authenticate(withToken('abc'))).toEqual({
      name: 'alice',
      uid: 'u1',
      groups: ['dev', 'ops', 'system:authenticated'],
    });
    expect(tokens.authenticate(withToken('def'))).toMatchObject({ name: 'bob', groups: ['system:authenticated'] });
    expect(() => authenticate([tokens], withToken('nope'))).toThrow(expect.objectContaining({ code: 401 }));
    expect(() => authenticate([tokens], withToken())).toThrow(expect.objectContaining({ code: 401 }));
  });

  it('is read again when it changes', () => {
    const file = path.join(folder, 'tokens.csv');
    writeFileSync(file, 'abc,alice,u1\n');
    const tokens = byBearerToken([byTokenFile(file, ['api'])]);
    writeFileSync(file, 'xyz,alice,u1\n');
    utimesSync(file, new Date(2_000_000_000_000), new Date(2_000_000_000_000));
    expect(tokens.authenticate(withToken('abc'))).toBeUndefined();
    expect(tokens.authenticate(withToken('xyz'))).toMatchObject({ name: 'alice' });
  });

  it('says which line is wrong, and not what stands there', () => {
    const file = path.join(folder, 'tokens.csv');
    writeFileSync(file, 'abc,alice,u1\nsecret-token\n');
    expect(() => byTokenFile(file, ['api'])).toThrow(`${file}:2`);
    expect(() => byTokenFile(file, ['api'])).not.toThrow('secret-token');
  });
});

it('says what was forbidden as Kubernetes does', () => {
  const list = { verb: 'list', group: '', resource: 'pods', namespace: 'default' };
  expect(() => authorize(mastersOnly, { name: 'bob', groups: [] }, list)).toThrow(
    'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace "default"',
  );
  expect(() => authorize(mastersOnly, { name: 'root', groups: ['system:masters'] }, list)).not.toThrow();
});
