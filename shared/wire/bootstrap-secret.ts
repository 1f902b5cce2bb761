import type { ApiObject, Secret } from '../api/objects';
import { toTimestamp } from '../clock';
import type { JoinToken } from './join-token';

/** Join tokens are Kubernetes' bootstrap tokens: Secrets of this type, `bootstrap-token-<id>` in kube-system. */
export const JOIN_TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
export const JOIN_TOKEN_NAMESPACE = 'kube-system';
/** As kubeadm's tokens. */
export const JOIN_TOKEN_TTL_MS = 24 * 60 * 60 * 1_000;

export const joinTokenKey = (id: string): { readonly namespace: string; readonly name: string } => ({
  namespace: JOIN_TOKEN_NAMESPACE,
  name: `bootstrap-token-${id}`,
});

export type BootstrapToken = Pick<JoinToken, 'id' | 'secret'>;

/** The Secret of a token that serves until `endsMs`; absent: for ever. */
export function bootstrapSecret(
  token: BootstrapToken,
  { endsMs, description }: { readonly endsMs?: number; readonly description?: string },
): ApiObject {
  const data = {
    'token-id': token.id,
    'token-secret': token.secret,
    ...(endsMs === undefined ? {} : { expiration: toTimestamp(endsMs) }),
    'usage-bootstrap-authentication': 'true',
    ...(description === undefined ? {} : { description }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: joinTokenKey(token.id),
    type: JOIN_TOKEN_TYPE,
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  };
}

/** A field of such a Secret; empty where it has none. */
export const bootstrapField = (secret: Pick<Secret, 'data'>, key: string): string =>
  Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');

export const bootstrapTokenIn = (secret: Pick<Secret, 'data'>): BootstrapToken => ({
  id: bootstrapField(secret, 'token-id'),
  secret: bootstrapField(secret, 'token-secret'),
});

/** When the token ends; undefined: never. What cannot be read has ended. */
export function bootstrapEndMs(secret: Pick<Secret, 'data'>): number | undefined {
  const expiration = bootstrapField(secret, 'expiration');
  if (expiration === '') return undefined;
  const endsMs = Date.parse(expiration);
  return Number.isNaN(endsMs) ? 0 : endsMs;
}
