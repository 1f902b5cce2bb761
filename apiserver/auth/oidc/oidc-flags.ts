import { ConfigurationError } from '../../configuration-error';
import type { OidcConfig } from './oidc-authenticator';

/** Kubernetes' own flags, for yargs. */
export const OIDC_FLAGS = {
  'oidc-issuer-url': {
    type: 'string',
    describe: 'https URL of the OpenID Connect issuer whose ID tokens are accepted',
  },
  'oidc-client-id': { type: 'string', describe: 'whom those tokens must be for' },
  'oidc-username-claim': { type: 'string', default: 'sub', describe: 'claim that is the user name' },
  'oidc-username-prefix': { type: 'string', describe: 'put before it; "-" for nothing; default: ISSUER#' },
  'oidc-groups-claim': { type: 'string', describe: 'claim that lists the groups' },
  'oidc-groups-prefix': { type: 'string', default: '', describe: 'put before each group' },
  'oidc-required-claim': { type: 'string', array: true, default: [] as string[], describe: 'key=value; repeatable' },
  'oidc-signing-algs': { type: 'string', array: true, default: ['RS256'], describe: 'algorithms that are accepted' },
  'oidc-ca-file': { type: 'string', describe: "PEM of the authority that signed the issuer's certificate" },
} as const;

interface Flags {
  readonly oidcIssuerUrl?: string | undefined;
  readonly oidcClientId?: string | undefined;
  readonly oidcUsernameClaim: string;
  readonly oidcUsernamePrefix?: string | undefined;
  readonly oidcGroupsClaim?: string | undefined;
  readonly oidcGroupsPrefix: string;
  readonly oidcRequiredClaim: readonly string[];
  readonly oidcSigningAlgs: readonly string[];
  readonly oidcCaFile?: string | undefined;
}

const ASYMMETRIC = /^(RS|ES|PS)(256|384|512)$/;

/** Nothing where no issuer is named. Throws ConfigurationError. */
export function oidcOf(flags: Flags, resolved: (file: string) => string): { readonly oidc?: OidcConfig } {
  const { oidcIssuerUrl: issuerUrl, oidcClientId: clientId } = flags;
  if ((issuerUrl === undefined) !== (clientId === undefined)) {
    throw new ConfigurationError('--oidc-issuer-url and --oidc-client-id must be given together');
  }
  if (issuerUrl === undefined || clientId === undefined) return {};
  if (!/^https:\/\/[^?#]+$/.test(issuerUrl)) {
    throw new ConfigurationError(`--oidc-issuer-url ${issuerUrl}: must be an https URL without query or fragment`);
  }
  const weak = flags.oidcSigningAlgs.find((algorithm) => !ASYMMETRIC.test(algorithm));
  if (weak !== undefined) {
    throw new ConfigurationError(`--oidc-signing-algs ${weak}: must be RS, ES or PS with 256, 384 or 512`);
  }
  return {
    oidc: {
      issuerUrl,
      clientId,
      usernameClaim: flags.oidcUsernameClaim,
      ...(flags.oidcUsernamePrefix === undefined ? {} : { usernamePrefix: flags.oidcUsernamePrefix }),
      ...(flags.oidcGroupsClaim === undefined ? {} : { groupsClaim: flags.oidcGroupsClaim }),
      groupsPrefix: flags.oidcGroupsPrefix,
      requiredClaims: Object.fromEntries(flags.oidcRequiredClaim.map(readClaim)),
      signingAlgorithms: flags.oidcSigningAlgs,
      ...(flags.oidcCaFile === undefined ? {} : { caFile: resolved(flags.oidcCaFile) }),
    },
  };
}

function readClaim(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new ConfigurationError(`--oidc-required-claim ${text}: must be key=value`);
  }
  return [key, value];
}
