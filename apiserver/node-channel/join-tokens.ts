import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { Random } from '../../shared/random';
import { StatusError } from '../../shared/status-error';
import type { JoinToken } from '../../shared/wire/join-token';
import { formatJoinToken, parseBootstrapToken } from '../../shared/wire/join-token';
import type { Client } from '../registry/client';

/** Join tokens are Kubernetes' bootstrap tokens: Secrets of this type, `bootstrap-token-<id>` in kube-system. */
export const JOIN_TOKEN_TYPE = 'bootstrap.kubernetes.io/token';
export const JOIN_TOKEN_NAMESPACE = 'kube-system';
const NAME_PREFIX = 'bootstrap-token-';
/** As kubeadm's tokens. */
const DEFAULT_TTL_MS = 24 * 60 * 60 * 1_000;
/** A token that ends sooner is not handed to someone who is about to use it. */
const LEAST_LEFT_MS = 10 * 60 * 1_000;

export interface JoinTokenOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly random: Random;
  readonly caFingerprintSha256: string;
}

/** A usable join token as text: one that stands already, or a new one. `ttlMs` absent: a day. */
export async function ensureJoinToken(
  options: JoinTokenOptions,
  { ttlMs = DEFAULT_TTL_MS }: { readonly ttlMs?: number } = {},
): Promise<string> {
  const { client, clock } = options;
  const usable = client.view('Secret').list({
    namespace: JOIN_TOKEN_NAMESPACE,
    where: (secret) => whyUnusable(secret, clock.now() + Math.min(LEAST_LEFT_MS, ttlMs / 2)) === undefined,
  })[0];
  return usable === undefined ? createJoinToken(options, { ttlMs }) : format(options, tokenOf(usable));
}

export async function createJoinToken(
  options: JoinTokenOptions,
  { ttlMs = DEFAULT_TTL_MS, description }: { readonly ttlMs?: number; readonly description?: string } = {},
): Promise<string> {
  const token = { id: options.random.suffix(6), secret: options.random.suffix(16) };
  const data = {
    'token-id': token.id,
    'token-secret': token.secret,
    expiration: toTimestamp(options.clock.now() + ttlMs),
    'usage-bootstrap-authentication': 'true',
    ...(description === undefined ? {} : { description }),
  };
  await options.client.create('Secret', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: JOIN_TOKEN_NAMESPACE, name: `${NAME_PREFIX}${token.id}` },
    type: JOIN_TOKEN_TYPE,
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text).toString('base64')])),
  });
  return format(options, token);
}

/** The token's public part. Throws Unauthorized, saying whether the token is unknown or expired, unless it may be used to join. */
export function verifyJoinToken(
  { client, clock }: Pick<JoinTokenOptions, 'client' | 'clock'>,
  presented: string,
): Pick<JoinToken, 'id'> {
  const token = parseBootstrapToken(presented);
  if (token === undefined) throw refused('it is not a join token');
  const key = { namespace: JOIN_TOKEN_NAMESPACE, name: `${NAME_PREFIX}${token.id}` };
  const secret = client.view('Secret').get(key);
  // The id is public, the secret is not: one answer for "no such id" and "wrong secret".
  if (secret === undefined || secret.type !== JOIN_TOKEN_TYPE || !sameText(tokenOf(secret).secret, token.secret)) {
    throw refused('the server does not know it (any more)');
  }
  const why = whyUnusable(secret, clock.now());
  if (why !== undefined) throw refused(why);
  return { id: token.id };
}

const refused = (why: string): StatusError =>
  new StatusError('Unauthorized', `the join token was refused: ${why}. Make a new one on the server`);

const textOf = (secret: Secret, key: string): string =>
  Buffer.from(secret.data?.[key] ?? '', 'base64').toString('utf8');

const tokenOf = (secret: Secret): Pick<JoinToken, 'id' | 'secret'> => ({
  id: textOf(secret, 'token-id'),
  secret: textOf(secret, 'token-secret'),
});

function whyUnusable(secret: Secret, atMs: number): string | undefined {
  if (secret.type !== JOIN_TOKEN_TYPE) return 'it is not a join token';
  if (textOf(secret, 'usage-bootstrap-authentication') !== 'true') return 'it is not meant for joining';
  const expiration = textOf(secret, 'expiration');
  if (expiration !== '' && !(Date.parse(expiration) > atMs)) return `it expired at ${expiration}`;
  return undefined;
}

const format = ({ caFingerprintSha256 }: JoinTokenOptions, token: Pick<JoinToken, 'id' | 'secret'>): string =>
  formatJoinToken({ caHash: plainHex(caFingerprintSha256), ...token });

/** The fingerprint without the colons and upper case that some tools print. */
const plainHex = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

const sameText = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
};
