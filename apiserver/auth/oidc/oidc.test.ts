import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import jwt from 'jsonwebtoken';
import { systemClock } from '../../../shared/clock';
import { silentLogger } from '../../../shared/logger';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { authenticateToken, whenKnown } from '../authenticator';
import { openClusterAuthority } from '../cluster-authority';
import { IssuerKeys } from './issuer-keys';
import type { OidcConfig } from './oidc-authenticator';
import { byOidcToken } from './oidc-authenticator';

const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-oidc-'));
const made = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const first = made();
const second = made();

let server: https.Server;
let issuerUrl: string;
let ca: string;
let clock: FakeClock;
/** What the issuer publishes, by id; and how often it was asked. */
let published: Record<string, string>;
let asked: number;

beforeAll(async () => {
  const authority = await openClusterAuthority({ folder, clock: systemClock, names: ['localhost'] });
  ca = authority.caCertificatePem;
  server = https.createServer(
    { key: authority.server.keyPem, cert: authority.server.certificatePem },
    (request, response) => {
      if (request.url === '/.well-known/openid-configuration') {
        return void response.end(JSON.stringify({ issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` }));
      }
      asked += 1;
      const keys = Object.entries(published).map(([kid, pem]) => ({
        kid,
        use: 'sig',
        ...createPublicKey(createPrivateKey(pem)).export({ format: 'jwk' }),
      }));
      response.end(JSON.stringify({ keys: [...keys, { kid: 'strange', kty: 'new' }] }));
    },
  );
  server.listen(0, 'localhost');
  await once(server, 'listening');
  issuerUrl = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  clock = new FakeClock();
  published = { one: first };
  asked = 0;
});

const API = ['api'];
function start(more: Partial<OidcConfig> = {}) {
  const keys = new IssuerKeys({ issuer: issuerUrl, ca, clock, logger: silentLogger });
  const config = {
    issuerUrl,
    clientId: 'pinsetter',
    usernameClaim: 'sub',
    groupsPrefix: '',
    requiredClaims: {},
    signingAlgorithms: ['ES256'],
    ...more,
  };
  const tokens = byOidcToken(config, { keys, clock, apiAudiences: API });
  return (token: string) => whenKnown(() => authenticateToken([tokens], token)?.user);
}

const token = (
  claims: object = {},
  signing: { pem?: string; kid?: string; algorithm?: jwt.Algorithm } = {},
): string => {
  const now = Math.floor(clock.now() / 1_000);
  const payload = { iss: issuerUrl, aud: 'pinsetter', sub: 'ann', iat: now, exp: now + 600, ...claims };
  const { pem = first, kid = 'one', algorithm = 'ES256' } = signing;
  return jwt.sign(JSON.parse(JSON.stringify(payload)) as object, pem, { algorithm, keyid: kid });
};
const refused = { code: 401 };

it('knows a user by name and groups, under the prefixes that keep issuers apart', async () => {
  const whose = start({ groupsClaim: 'roles', groupsPrefix: 'oidc:' });
  expect(await whose(token({ roles: ['dev', 'ops'] }))).toEqual({
    name: `${issuerUrl}#ann`,
    groups: ['oidc:dev', 'oidc:ops', 'system:authenticated'],
  });
  expect(await whose(token({ roles: 'dev' }))).toMatchObject({ groups: ['oidc:dev', 'system:authenticated'] });
});

it.each<[string, Partial<OidcConfig>, object, string]>([
  ['without a prefix, where that is said', { usernamePrefix: '-' }, {}, 'ann'],
  ['under a prefix of one’s own', { usernamePrefix: 'x:' }, {}, 'x:ann'],
  ['by an address, which needs no prefix', { usernameClaim: 'email' }, { email: 'ann@example.com' }, 'ann@example.com'],
])('names users %s', async (_how, config, claims, name) => {
  expect(await start(config)(token(claims))).toMatchObject({ name });
});

it.each<[string, object, Partial<OidcConfig>]>([
  ['is over', { exp: 1 }, {}],
  ['has no end', { exp: undefined }, {}],
  ['is yet to come', { nbf: 4_000_000_000 }, {}],
  ['is for somebody else', { aud: 'other' }, {}],
  ['names nobody', { sub: undefined }, {}],
  ['has an address that nobody checked', { email: 'a@b', email_verified: false }, { usernameClaim: 'email' }],
  ['lacks a claim that it must have', {}, { requiredClaims: { hd: 'example.com' } }],
])('refuses a token that %s', async (_what, claims, config) => {
  await expect(start(config)(token(claims))).rejects.toMatchObject(refused);
});

it('refuses what another key has signed, or another algorithm', async () => {
  const whose = start();
  await expect(whose(token({}, { pem: second }))).rejects.toMatchObject(refused);
  await expect(whose(token({}, { pem: 'shared secret', algorithm: 'HS256' }))).rejects.toMatchObject(refused);
});

it('says nothing of tokens of other issuers', async () => {
  expect(await start()(token({ iss: 'https://elsewhere.example.com' }))).toBeUndefined();
  expect(await start()('opaque')).toBeUndefined();
});

it('asks the issuer for a key that it does not know, but not for each made-up one', async () => {
  const whose = start();
  await whose(token());
  published = { two: second };
  await expect(whose(token({}, { pem: second, kid: 'two' }))).rejects.toMatchObject(refused);
  expect(asked).toBe(1);
  await clock.advance(10_000);
  expect(await whose(token({}, { pem: second, kid: 'two' }))).toMatchObject({ name: `${issuerUrl}#ann` });
  for (const kid of ['a', 'b', 'c']) await expect(whose(token({}, { kid }))).rejects.toMatchObject(refused);
  expect(asked).toBe(2);
});
