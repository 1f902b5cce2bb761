import { timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Random } from '../../shared/random';
import { StatusError } from '../../shared/status-error';
import {
  JOIN_TOKEN_NAMESPACE,
  JOIN_TOKEN_TTL_MS,
  JOIN_TOKEN_TYPE,
  bootstrapEndMs,
  bootstrapField,
  bootstrapSecret,
  bootstrapTokenIn,
  joinTokenKey,
} from '../../shared/wire/bootstrap-secret';
import type { JoinToken } from '../../shared/wire/join-token';
import { formatJoinToken, parseBootstrapToken } from '../../shared/wire/join-token';
import type { Client } from '../registry/client';

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
  { ttlMs = JOIN_TOKEN_TTL_MS }: { readonly ttlMs?: number } = {},
): Promise<string> {
  const { client, clock } = options;
  const usable = client.view('Secret').list({
    namespace: JOIN_TOKEN_NAMESPACE,
    where: (secret) => whyUnusable(secret, clock.now() + Math.min(LEAST_LEFT_MS, ttlMs / 2)) === undefined,
  })[0];
  return usable === undefined ? createJoinToken(options, { ttlMs }) : format(options, bootstrapTokenIn(usable));
}

export async function createJoinToken(
  options: JoinTokenOptions,
  { ttlMs = JOIN_TOKEN_TTL_MS, description }: { readonly ttlMs?: number; readonly description?: string } = {},
): Promise<string> {
  const token = { id: options.random.suffix(6), secret: options.random.suffix(16) };
  const endsMs = options.clock.now() + ttlMs;
  await options.client.create(
    'Secret',
    bootstrapSecret(token, { endsMs, ...(description === undefined ? {} : { description }) }),
  );
  return format(options, token);
}

/** The token's public part. Throws Unauthorized, saying whether the token is unknown or expired, unless it may be used to join. */
export function verifyJoinToken(
  { client, clock }: Pick<JoinTokenOptions, 'client' | 'clock'>,
  presented: string,
): Pick<JoinToken, 'id'> {
  const token = parseBootstrapToken(presented);
  if (token === undefined) throw refused('it is not a join token');
  const secret = client.view('Secret').get(joinTokenKey(token.id));
  // The id is public, the secret is not: one answer for "no such id" and "wrong secret".
  if (
    secret === undefined ||
    secret.type !== JOIN_TOKEN_TYPE ||
    !sameText(bootstrapTokenIn(secret).secret, token.secret)
  ) {
    throw refused('the server does not know it (any more)');
  }
  const why = whyUnusable(secret, clock.now());
  if (why !== undefined) throw refused(why);
  return { id: token.id };
}

const refused = (why: string): StatusError =>
  new StatusError(
    'Unauthorized',
    `the join token was refused: ${why}. Make a new one on the server: kubectl-lite token create --print-join-command`,
  );

function whyUnusable(secret: Secret, atMs: number): string | undefined {
  if (secret.type !== JOIN_TOKEN_TYPE) return 'it is not a join token';
  if (bootstrapField(secret, 'usage-bootstrap-authentication') !== 'true') return 'it is not meant for joining';
  const endsMs = bootstrapEndMs(secret);
  if (endsMs !== undefined && endsMs <= atMs) return `it expired at ${bootstrapField(secret, 'expiration')}`;
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
