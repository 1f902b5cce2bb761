import jwt from 'jsonwebtoken';
import type { Clock } from '../../../shared/clock';
import type { TokenAuthenticator } from '../authenticator';
import { AUTHENTICATED, NotYetKnown, unauthorized } from '../authenticator';
import type { User } from '../user';
import type { IssuerKeys } from './issuer-keys';

/** Kubernetes' `--oidc-…` flags. */
export interface OidcConfig {
  readonly issuerUrl: string;
  /** Whom tokens must be for. */
  readonly clientId: string;
  readonly usernameClaim: string;
  /** Absent: the issuer and `#`, unless the claim is `email`; `-`: none. */
  readonly usernamePrefix?: string;
  readonly groupsClaim?: string;
  readonly groupsPrefix: string;
  /** Claims that tokens must have, with these values. */
  readonly requiredClaims: Readonly<Record<string, string>>;
  readonly signingAlgorithms: readonly string[];
  readonly caFile?: string;
}

type Claims = Readonly<Record<string, unknown>>;

/** Knows users by the ID tokens of an OpenID Connect issuer (k8s.io/apiserver/plugin/pkg/authenticator/token/oidc). */
export function byOidcToken(
  config: OidcConfig,
  {
    keys,
    clock,
    apiAudiences,
  }: { readonly keys: IssuerKeys; readonly clock: Clock; readonly apiAudiences: readonly string[] },
): TokenAuthenticator {
  const algorithms = config.signingAlgorithms as jwt.Algorithm[];

  const verified = (token: string, keyId: string): Claims => {
    const key = keys.get(keyId);
    if (key === undefined) {
      const ready = keys.refresh();
      throw ready === undefined ? unauthorized() : new NotYetKnown(ready);
    }
    try {
      const clockTimestamp = Math.floor(clock.now() / 1_000);
      return jwt.verify(token, key, {
        algorithms,
        issuer: config.issuerUrl,
        audience: config.clientId,
        clockTimestamp,
      }) as Claims;
    } catch {
      throw unauthorized();
    }
  };

  return {
    authenticateToken(token, wanted = apiAudiences) {
      const decoded = decode(token);
      if (decoded?.payload['iss'] !== config.issuerUrl) return undefined;
      const audiences = wanted.filter((each) => apiAudiences.includes(each));
      if (audiences.length === 0) return undefined;
      const claims = verified(token, decoded.header.kid ?? '');
      if (typeof claims['exp'] !== 'number') throw unauthorized();
      return { user: userOf(config, claims), audiences };
    },
  };
}

function decode(
  token: string,
): { readonly header: { readonly kid?: string | undefined }; readonly payload: Claims } | undefined {
  try {
    const decoded = jwt.decode(token, { complete: true });
    return decoded === null || typeof decoded.payload === 'string'
      ? undefined
      : { header: decoded.header, payload: decoded.payload };
  } catch {
    return undefined;
  }
}

/** Throws Unauthorized for claims that say too little, or not what they must. */
function userOf(config: OidcConfig, claims: Claims): User {
  const { usernameClaim, usernamePrefix, groupsClaim, groupsPrefix, requiredClaims } = config;
  const name = claims[usernameClaim];
  if (typeof name !== 'string' || name === '') throw unauthorized();
  // An address that nobody has checked is whatever its owner typed.
  if (usernameClaim === 'email' && claims['email_verified'] !== undefined && claims['email_verified'] !== true) {
    throw unauthorized();
  }
  if (Object.entries(requiredClaims).some(([claim, value]) => claims[claim] !== value)) throw unauthorized();
  const prefix =
    usernamePrefix === '-' ? '' : (usernamePrefix ?? (usernameClaim === 'email' ? '' : `${config.issuerUrl}#`));
  const given = groupsClaim === undefined ? [] : [claims[groupsClaim] ?? []].flat();
  const groups = given.filter((group) => typeof group === 'string').map((group) => `${groupsPrefix}${group}`);
  return { name: `${prefix}${name}`, groups: [...groups, AUTHENTICATED] };
}
