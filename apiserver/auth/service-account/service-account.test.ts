import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import jwt from 'jsonwebtoken';
import { aPod } from '../../../shared/testing/builders';
import type { TestControllers } from '../../controllers/testing/test-controllers';
import { startControllers } from '../../controllers/testing/test-controllers';
import type { TokenAuthenticator } from '../authenticator';
import { openSigningKeys } from './signing-keys';
import { TEST_ISSUER, testSigningKeys, testTokenIssuer } from './testing/test-tokens';
import { byServiceAccountToken } from './token-authenticator';
import type { TokenIssuer } from './token-issuer';
import { serveTokenRequests } from './token-request';

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const payloadOf = (token: string): Record<string, unknown> => jwt.decode(token) as Record<string, unknown>;
const unsigned = (token: string, header: object): string => `${encode(header)}.${encode(payloadOf(token))}`;

const keys = testSigningKeys();
const audience = { audiences: [TEST_ISSUER], expirationSeconds: 3_600 };
const order = { namespace: 'default', account: 'builder', ...audience };

let parts: TestControllers;
let issuer: TokenIssuer;
let tokens: TokenAuthenticator;

beforeEach(async () => {
  parts = await startControllers();
  const { client, clock } = parts;
  issuer = testTokenIssuer(client, clock, keys);
  tokens = byServiceAccountToken({ client, clock, keys, issuers: [TEST_ISSUER], apiAudiences: [TEST_ISSUER] });
  await client.create('ServiceAccount', { metadata: { namespace: 'default', name: 'builder' } });
  await parts.idle();
});
afterEach(() => parts.stop());

const whose = (token: string): string | undefined => tokens.authenticateToken(token)?.user.name;
const refused = expect.objectContaining({ code: 401 });
const makePod = async (name: string): Promise<string> => {
  const { spec } = aPod({ name });
  const made = await parts.client.create('Pod', {
    metadata: { namespace: 'default', name },
    spec: { ...spec, serviceAccountName: 'builder' },
  });
  return made.metadata.uid;
};

describe('a token of a service account', () => {
  it('says who makes a request, in Kubernetes’ names and groups', () => {
    expect(tokens.authenticateToken(issuer.issue(order).token)?.user).toMatchObject({
      name: 'system:serviceaccount:default:builder',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    });
  });

  it('ends when its time is over', async () => {
    const { token } = issuer.issue(order);
    await parts.clock.advance(3_599_000);
    expect(whose(token)).toBe('system:serviceaccount:default:builder');
    await parts.clock.advance(1_001);
    expect(() => whose(token)).toThrow(refused);
  });

  it('ends with its account, also where a new one has the name', async () => {
    const { token } = issuer.issue(order);
    await parts.client.delete('ServiceAccount', { namespace: 'default', name: 'builder' });
    expect(() => whose(token)).toThrow(refused);
    await parts.client.create('ServiceAccount', { metadata: { namespace: 'default', name: 'builder' } });
    expect(() => whose(token)).toThrow(refused);
  });

  it('ends a minute after the pod that it is bound to should be gone', async () => {
    const uid = await makePod('p');
    const { token } = issuer.issue({ ...order, boundTo: { kind: 'Pod', name: 'p', uid } });
    expect(tokens.authenticateToken(token)?.user.extra).toMatchObject({
      'authentication.kubernetes.io/pod-name': ['p'],
      'authentication.kubernetes.io/pod-uid': [uid],
    });
    await parts.client.delete('Pod', { namespace: 'default', name: 'p' }, { gracePeriodSeconds: 0 });
    expect(() => whose(token)).toThrow(refused);
  });

  it('is good for those it was made for alone', () => {
    const { token } = issuer.issue({ ...order, audiences: ['vault'] });
    expect(() => whose(token)).toThrow(refused);
    expect(tokens.authenticateToken(token, ['vault', 'other'])?.audiences).toEqual(['vault']);
  });

  it.each<[string, (token: string) => string]>([
    ['of another key', () => testTokenIssuer(parts.client, parts.clock, testSigningKeys()).issue(order).token],
    ['without a signature', (token) => `${unsigned(token, { alg: 'none', kid: 'test' })}.`],
    [
      'signed with the public key as a secret',
      (token) => {
        const body = unsigned(token, { alg: 'HS256', kid: 'test' });
        const pem = keys.current.publicKey.export({ format: 'pem', type: 'spki' });
        return `${body}.${createHmac('sha256', pem).update(body).digest('base64url')}`;
      },
    ],
    ['changed', (token) => token.replace(/\.[^.]+\./, `.${encode({ ...payloadOf(token), sub: 'admin' })}.`)],
  ])('is refused: %s', (_which, forge) => {
    expect(() => whose(forge(issuer.issue(order).token))).toThrow(refused);
  });

  it.each(['', 'abc', 'a.b.c', `${encode({ alg: 'ES256' })}.${encode({ iss: 'https://elsewhere' })}.x`])(
    'is another’s: %j',
    (token) => {
      expect(tokens.authenticateToken(token)).toBeUndefined();
    },
  );
});

describe('a TokenRequest', () => {
  const ask = async (spec: object, name = 'builder'): Promise<Record<string, unknown>> => {
    const serve = serveTokenRequests(issuer, [TEST_ISSUER]);
    const user = { name: 'test', groups: [] };
    const call = { verb: 'create', namespace: 'default', name, query: new URLSearchParams(), user } as const;
    return (await serve({ ...call, body: () => Promise.resolve({ spec }) })) as Record<string, unknown>;
  };

  it('is answered with a token of the time and for whom it asks', async () => {
    const { spec, status } = await ask({ audiences: ['vault'], expirationSeconds: 600 });
    expect(spec).toMatchObject({ audiences: ['vault'], expirationSeconds: 600 });
    const { token, expirationTimestamp } = status as { token: string; expirationTimestamp: string };
    expect(payloadOf(token)).toMatchObject({
      aud: ['vault'],
      iss: TEST_ISSUER,
      exp: Date.parse(expirationTimestamp) / 1_000,
    });
  });

  it.each<[string, object, number, string]>([
    ['too short a time', { expirationSeconds: 599 }, 422, 'may not specify a duration less than 10 minutes'],
    ['too long a time', { expirationSeconds: 2 ** 33 }, 422, 'may not specify a duration larger than 2^32 seconds'],
    [
      'an object that tokens are not bound to',
      { boundObjectRef: { kind: 'ConfigMap', apiVersion: 'v1' } },
      400,
      'Kind=ConfigMap',
    ],
    [
      'a pod that is not there',
      { boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'x' } },
      404,
      'pods "x" not found',
    ],
  ])('is refused for %s', async (_what, spec, code, message) => {
    await expect(ask(spec)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });

  it('is refused for an account that is not there, and for a pod of another account or another life', async () => {
    await expect(ask({}, 'nobody')).rejects.toMatchObject({ code: 404 });
    await makePod('p');
    const boundObjectRef = { kind: 'Pod', apiVersion: 'v1', name: 'p' };
    await expect(ask({ boundObjectRef: { ...boundObjectRef, uid: 'other' } })).rejects.toMatchObject({ code: 409 });
    await expect(ask({ boundObjectRef }, 'default')).rejects.toMatchObject({ code: 400 });
  });
});

describe('a Secret of the type service-account-token', () => {
  const secret = {
    metadata: {
      namespace: 'default',
      name: 'builder-token',
      annotations: { 'kubernetes.io/service-account.name': 'builder' },
    },
    type: 'kubernetes.io/service-account-token',
  };
  const key = { namespace: 'default', name: 'builder-token' };

  it('is filled with a token that lasts as long as it does', async () => {
    const { client, clock } = parts;
    const ownTokens: TokenAuthenticator = byServiceAccountToken({
      client,
      clock,
      keys: parts.keys,
      issuers: [TEST_ISSUER],
      apiAudiences: [TEST_ISSUER],
    });
    await client.create('Secret', secret);
    await parts.idle();
    const { data = {} } = await client.get('Secret', key);
    const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
    expect(text('namespace')).toBe('default');
    expect(text('ca.crt')).toBe('a certificate');
    await clock.advance(10 * 365 * 86_400_000);
    expect(ownTokens.authenticateToken(text('token'))?.user.name).toBe('system:serviceaccount:default:builder');
    await client.delete('Secret', key);
    expect(() => ownTokens.authenticateToken(text('token'))).toThrow(refused);
  });

  it('goes with its account', async () => {
    await parts.client.create('Secret', secret);
    await parts.idle();
    await parts.client.delete('ServiceAccount', { namespace: 'default', name: 'builder' });
    await parts.idle();
    expect(parts.client.view('Secret').get(key)).toBeUndefined();
  });
});

describe('the signing key', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-keys-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner’s eyes, and an older one stays accepted', async () => {
    const [first, second] = ['first.key', 'second.key'].map((name) => path.join(folder, name)) as [string, string];
    const old = await openSigningKeys(first);
    expect((await openSigningKeys(first)).current.id).toBe(old.current.id);
    expect(statSync(first).mode & 0o777).toBe(0o600);
    const { current, accepted } = await openSigningKeys(second, [first]);
    expect(current.id).not.toBe(old.current.id);
    expect([...accepted.keys()]).toEqual([current.id, old.current.id]);
  });

  it('is named where it cannot be read, and not shown', async () => {
    const file = path.join(folder, 'bad.key');
    writeFileSync(file, 'a secret of somebody');
    await expect(openSigningKeys(file)).rejects.toThrow(`${file}: holds no key in PEM that could be read`);
    expect(readFileSync(file, 'utf8')).toBe('a secret of somebody');
  });
});
