import { readFile } from 'node:fs/promises';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { NodePods } from '../node-channel/node-pods';
import type { Client } from '../registry/client';
import { byAbsence } from './anonymous';
import type { Authenticator, TokenAuthenticator } from './authenticator';
import { byBearerToken, byClientCertificate, byTokenFile } from './authenticator';
import type { Authorizer } from './authorizer';
import { anyOf, mastersOnly } from './authorizer';
import { NodeAuthorizer } from './node/node-authorizer';
import { IssuerKeys } from './oidc/issuer-keys';
import type { OidcConfig } from './oidc/oidc-authenticator';
import { byOidcToken } from './oidc/oidc-authenticator';
import { RbacAuthorizer } from './rbac/rbac-authorizer';
import type { SigningKeys } from './service-account/signing-keys';
import { byServiceAccountToken } from './service-account/token-authenticator';
import { TokenIssuer } from './service-account/token-issuer';

/** Who may do what. */
export interface Permissions {
  readonly roles: RbacAuthorizer;
  readonly authorizer: Authorizer;
}

export function createPermissions(client: Client, nodePods: NodePods): Permissions {
  const roles = new RbacAuthorizer(client);
  return { roles, authorizer: anyOf([mastersOnly, new NodeAuthorizer(client, nodePods), roles]) };
}

/** Who somebody is. */
export interface Credentials {
  readonly authenticators: readonly Authenticator[];
  /** Those of them that know bearer tokens. */
  readonly tokenAuthenticators: readonly TokenAuthenticator[];
  /** Signs the tokens of service accounts. */
  readonly tokens: TokenIssuer;
}

export interface CredentialsConfig {
  readonly tokenAuthFile?: string;
  /** Who shows no credentials is somebody, too. */
  readonly anonymousAuth: boolean;
  readonly oidc?: OidcConfig;
  readonly serviceAccountIssuers: readonly [string, ...string[]];
  readonly apiAudiences: readonly string[];
}

/** Rejects where a file that the configuration names cannot be read. */
export async function openCredentials(
  config: CredentialsConfig,
  deps: { readonly client: Client; readonly clock: Clock; readonly logger: Logger; readonly keys: SigningKeys },
): Promise<Credentials> {
  const { tokenAuthFile, anonymousAuth, oidc, serviceAccountIssuers: issuers, apiAudiences } = config;
  const { client, clock, keys } = deps;
  const tokenAuthenticators = [
    ...(tokenAuthFile === undefined ? [] : [byTokenFile(tokenAuthFile, apiAudiences)]),
    ...(oidc === undefined ? [] : [await openOidc(oidc, { ...deps, apiAudiences })]),
    byServiceAccountToken({ client, clock, keys, issuers, apiAudiences }),
  ];
  return {
    authenticators: [byClientCertificate(), byBearerToken(tokenAuthenticators), ...(anonymousAuth ? [byAbsence] : [])],
    tokenAuthenticators,
    tokens: new TokenIssuer({ client, clock, keys, issuer: issuers[0], apiAudiences }),
  };
}

/** The issuer need not answer yet: its keys are asked for when a token comes. */
async function openOidc(
  oidc: OidcConfig,
  deps: { readonly clock: Clock; readonly logger: Logger; readonly apiAudiences: readonly string[] },
): Promise<TokenAuthenticator> {
  const { issuerUrl: issuer, caFile } = oidc;
  const ca = caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8') };
  return byOidcToken(oidc, { ...deps, keys: new IssuerKeys({ issuer, ...ca, ...deps }) });
}
