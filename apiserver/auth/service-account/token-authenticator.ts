import jwt from 'jsonwebtoken';
import type { Clock } from '../../../shared/clock';
import type { Client } from '../../registry/client';
import type { TokenAuthenticator } from '../authenticator';
import { AUTHENTICATED, unauthorized } from '../authenticator';
import type { User } from '../user';
import type { TokenClaims } from './claims';
import { LASTING_ISSUER, accountGroups, accountUserName } from './claims';
import type { SigningKeys } from './signing-keys';

export interface AccountTokensOptions {
  readonly client: Pick<Client, 'view'>;
  readonly clock: Clock;
  readonly keys: SigningKeys;
  /** Whose tokens are ours. */
  readonly issuers: readonly string[];
  readonly apiAudiences: readonly string[];
}

/** A pod that goes may still use its token for this long after it should be gone. */
const GONE_LEEWAY_MS = 60_000;
const MAX_REMEMBERED = 4_096;

/** What a token says whose signature is good. */
interface Claimed {
  readonly namespace: string;
  readonly account: { readonly name: string; readonly uid: string };
  readonly audiences: readonly string[];
  readonly expiresMs: number;
  readonly notBeforeMs: number;
  readonly bound: TokenClaims['kubernetes.io'] | undefined;
  /** A token of no end, which stands as long as the Secret that holds it. */
  readonly secretName: string | undefined;
  readonly id: string | undefined;
}

/**
 * Knows the tokens of service accounts. A signature is checked once; whether the account, and what the token is bound
 * to, still stand is looked up on each request.
 */
export function byServiceAccountToken(options: AccountTokensOptions): TokenAuthenticator {
  const { client, clock, keys, issuers, apiAudiences } = options;
  const remembered = new Map<string, Claimed>();

  const claimed = (token: string): Claimed | undefined => {
    const known = remembered.get(token);
    if (known !== undefined) return known;
    const decoded = decode(token);
    if (decoded === undefined || !isOurs(decoded.payload, issuers)) return undefined;
    const key = keys.accepted.get(decoded.header.kid ?? keys.current.id);
    if (key === undefined) throw unauthorized();
    try {
      jwt.verify(token, key.publicKey, { algorithms: [key.algorithm], ignoreExpiration: true, ignoreNotBefore: true });
    } catch {
      throw unauthorized();
    }
    const claims = read(decoded.payload);
    if (remembered.size >= MAX_REMEMBERED) {
      const [oldest = ''] = remembered.keys();
      remembered.delete(oldest);
    }
    remembered.set(token, claims);
    return claims;
  };

  const stands = (claims: Claimed): boolean => {
    const nowMs = clock.now();
    const { namespace, account, bound, secretName } = claims;
    const isLasting = (
      object: { readonly metadata: { readonly uid: string; readonly deletionTimestamp?: string } } | undefined,
      uid: string | undefined,
    ): boolean =>
      object !== undefined &&
      (uid === undefined || object.metadata.uid === uid) &&
      (object.metadata.deletionTimestamp === undefined ||
        nowMs <= Date.parse(object.metadata.deletionTimestamp) + GONE_LEEWAY_MS);
    if (nowMs >= claims.expiresMs || nowMs < claims.notBeforeMs) return false;
    const { pod, secret, node } = bound ?? {};
    const secrets = client.view('Secret');
    return (
      isLasting(client.view('ServiceAccount').get({ namespace, name: account.name }), account.uid) &&
      (pod === undefined || isLasting(client.view('Pod').get({ namespace, name: pod.name }), pod.uid)) &&
      (secret === undefined || isLasting(secrets.get({ namespace, name: secret.name }), secret.uid)) &&
      (secretName === undefined || isLasting(secrets.get({ namespace, name: secretName }), undefined)) &&
      (node === undefined || pod !== undefined || isLasting(client.view('Node').get({ name: node.name }), node.uid))
    );
  };

  return {
    authenticateToken(token, wanted) {
      const claims = claimed(token);
      if (claims === undefined) return undefined;
      const audiences = (wanted ?? apiAudiences).filter((each) => claims.audiences.includes(each));
      if (audiences.length === 0 || !stands(claims)) throw unauthorized();
      return { user: userOf(claims), audiences };
    },
  };

  function read(payload: Readonly<Record<string, unknown>>): Claimed {
    if (payload['iss'] === LASTING_ISSUER) {
      const text = (name: string): string => textOf(payload[`kubernetes.io/serviceaccount/${name}`]);
      return {
        namespace: text('namespace'),
        account: { name: text('service-account.name'), uid: text('service-account.uid') },
        audiences: apiAudiences,
        expiresMs: Infinity,
        notBeforeMs: 0,
        bound: undefined,
        secretName: text('secret.name'),
        id: undefined,
      };
    }
    const claims = payload as unknown as TokenClaims;
    const bound = claims['kubernetes.io'];
    return {
      namespace: bound.namespace,
      account: bound.serviceaccount,
      audiences: claims.aud,
      expiresMs: claims.exp * 1_000,
      notBeforeMs: claims.nbf * 1_000,
      bound,
      secretName: undefined,
      id: claims.jti,
    };
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

interface Decoded {
  readonly header: { readonly kid?: string };
  readonly payload: Readonly<Record<string, unknown>>;
}

function decode(token: string): Decoded | undefined {
  try {
    const decoded = jwt.decode(token, { complete: true });
    return decoded === null || typeof decoded.payload === 'string' ? undefined : (decoded as Decoded);
  } catch {
    return undefined;
  }
}

const isOurs = ({ iss }: Readonly<Record<string, unknown>>, issuers: readonly string[]): boolean =>
  typeof iss === 'string' && (iss === LASTING_ISSUER || issuers.includes(iss));

const EXTRA = 'authentication.kubernetes.io';

function userOf({ namespace, account, bound, id }: Claimed): User {
  const { pod, node } = bound ?? {};
  const extra: Record<string, readonly string[]> = {};
  if (id !== undefined) extra[`${EXTRA}/credential-id`] = [`JTI=${id}`];
  if (node !== undefined) {
    extra[`${EXTRA}/node-name`] = [node.name];
    extra[`${EXTRA}/node-uid`] = [node.uid];
  }
  if (pod !== undefined) {
    extra[`${EXTRA}/pod-name`] = [pod.name];
    extra[`${EXTRA}/pod-uid`] = [pod.uid];
  }
  return {
    name: accountUserName(namespace, account.name),
    uid: account.uid,
    groups: [...accountGroups(namespace), AUTHENTICATED],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
