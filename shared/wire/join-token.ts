import { StatusError } from '../status-error';

/**
 * What a new node needs to join: `pinsetter1.<SHA-256 of the CA's certificate>.<id>.<secret>`. The hash lets the node
 * know the right server; id and secret are a Kubernetes bootstrap token, by which the server knows the node may join.
 */
export interface JoinToken {
  /** 64 hex digits. */
  readonly caHash: string;
  /** 6 characters, public. */
  readonly id: string;
  /** 16 characters. */
  readonly secret: string;
}

const VERSION = 'pinsetter1';
const ID = /^[a-z0-9]{6}$/;
const SECRET = /^[a-z0-9]{16}$/;
const HASH = /^[0-9a-f]{64}$/;

export const formatJoinToken = (token: JoinToken): string => `${VERSION}.${token.caHash}.${token.id}.${token.secret}`;

/** `id.secret`: the token as Kubernetes knows it, and as it travels to the server. */
export const bootstrapTokenOf = (token: Pick<JoinToken, 'id' | 'secret'>): string => `${token.id}.${token.secret}`;

export function parseJoinToken(text: string): JoinToken {
  const [version, caHash, id, secret, ...rest] = text.trim().split('.');
  if (version !== VERSION) {
    throw broken(`it must begin with "${VERSION}."`);
  }
  if (caHash === undefined || id === undefined || secret === undefined || rest.length > 0) {
    throw broken(`it must have four parts separated by dots, this has ${text.trim().split('.').length}`);
  }
  if (!HASH.test(caHash)) throw broken('its second part must be 64 hexadecimal digits');
  if (!ID.test(id) || !SECRET.test(secret)) throw broken('its last two parts must be 6 and 16 letters or digits');
  return { caHash, id, secret };
}

/** The `id` and `secret` of what a joining node presents: the bootstrap token, or the whole join token. */
export function parseBootstrapToken(text: string): Pick<JoinToken, 'id' | 'secret'> | undefined {
  const [secret, id] = text.trim().split('.').reverse();
  return id !== undefined && secret !== undefined && ID.test(id) && SECRET.test(secret) ? { id, secret } : undefined;
}

const broken = (why: string): StatusError =>
  new StatusError(
    'BadRequest',
    `this is not a whole join token: ${why}. Copy it again from the server, from the first to the last character`,
  );
