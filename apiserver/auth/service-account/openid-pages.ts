import type { Page } from '../../http/api-routes';
import { sendBytes } from '../../http/respond';
import type { SigningKeys } from './signing-keys';

export const JWKS_PATH = '/openid/v1/jwks';

/**
 * How others check the tokens of service accounts: OpenID Connect Discovery 1.0, as much of it as Kubernetes serves.
 * `jwksUri` is where clients find `JWKS_PATH` of this server.
 */
export function openIdPages(options: {
  readonly keys: SigningKeys;
  readonly issuer: string;
  readonly jwksUri: () => string;
}): Readonly<Record<string, Page>> {
  const { keys, issuer, jwksUri } = options;
  const accepted = [...keys.accepted.values()];
  const set = {
    keys: accepted.map(({ id, algorithm, publicKey }) => ({
      use: 'sig',
      kid: id,
      alg: algorithm,
      ...publicKey.export({ format: 'jwk' }),
    })),
  };
  return {
    '/.well-known/openid-configuration': (_url, response) =>
      sendBytes(
        response,
        200,
        Buffer.from(
          JSON.stringify({
            issuer,
            jwks_uri: jwksUri(),
            response_types_supported: ['id_token'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: [...new Set(accepted.map(({ algorithm }) => algorithm))],
          }),
        ),
      ),
    [JWKS_PATH]: (_url, response) =>
      sendBytes(response, 200, Buffer.from(JSON.stringify(set)), [], 'application/jwk-set+json'),
  };
}
