import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { StatusError } from '../../shared/status-error';
import type { User } from './user';

/** Recognises a request's credentials, or says nothing about them. Throws Unauthorized for credentials that are its own kind and bad. */
export interface Authenticator {
  authenticate(request: IncomingMessage): User | undefined;
}

/** Recognises a bearer token, or says nothing about it. Throws Unauthorized for one of its own kind that is bad. */
export interface TokenAuthenticator {
  /** `audiences`: of whom the token must be meant for one; absent: for this API. */
  authenticateToken(
    token: string,
    audiences?: readonly string[],
  ): { readonly user: User; readonly audiences: readonly string[] } | undefined;
}

/** Thrown where credentials can be judged in a moment: ask again when `ready` resolves. */
export class NotYetKnown extends Error {
  override readonly name = 'NotYetKnown';
  constructor(readonly ready: Promise<void>) {
    super('the credentials cannot be judged yet');
  }
}

/** What `judge` says, at once or after it knows enough. Rejects with Unauthorized where it never does. */
export async function whenKnown<T>(judge: () => T): Promise<T> {
  try {
    return judge();
  } catch (error) {
    if (!isNotYetKnown(error)) throw error;
    await error.ready;
  }
  try {
    return judge();
  } catch (error) {
    throw isNotYetKnown(error) ? unauthorized() : error;
  }
}

export const isNotYetKnown = (error: unknown): error is NotYetKnown => error instanceof NotYetKnown;

export const AUTHENTICATED = 'system:authenticated';
export const unauthorized = (): StatusError => new StatusError('Unauthorized', 'Unauthorized');

const authenticated = (user: User): User => ({ ...user, groups: [...user.groups, AUTHENTICATED] });

/** A client certificate that TLS has verified against our CA: CN is the user, each O a group. Read once for each connection. */
export function byClientCertificate(): Authenticator {
  const known = new WeakMap<TLSSocket, User>();
  return {
    authenticate({ socket }) {
      const tls = socket as TLSSocket;
      const user = known.get(tls);
      if (user !== undefined) return user;
      if (tls.authorized !== true) return undefined;
      const subject = tls.getPeerCertificate()?.subject as { CN?: string; O?: string | string[] } | undefined;
      if (subject?.CN === undefined) return undefined;
      const groups = subject.O === undefined ? [] : [subject.O].flat();
      const found = authenticated({ name: subject.CN, groups });
      known.set(tls, found);
      return found;
    },
  };
}

export function bearerTokenOf(request: IncomingMessage): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

const digest = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Asks each in turn about the token in the Authorization header. */
export const byBearerToken = (tokens: readonly TokenAuthenticator[]): Authenticator => ({
  authenticate(request) {
    const token = bearerTokenOf(request);
    return token === undefined ? undefined : authenticateToken(tokens, token)?.user;
  },
});

/** The first that recognises the token. Throws Unauthorized for a bad one. */
export function authenticateToken(
  tokens: readonly TokenAuthenticator[],
  token: string,
  audiences?: readonly string[],
): ReturnType<TokenAuthenticator['authenticateToken']> {
  for (const each of tokens) {
    const found = each.authenticateToken(token, audiences);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * Kubernetes' static token file: `token,user,uid,"group1,group2"`. Read again when it changes. Its tokens are meant for
 * this API alone.
 */
export function byTokenFile(file: string, apiAudiences: readonly string[]): TokenAuthenticator {
  let readMs = -1;
  let entries: readonly { readonly digest: Buffer; readonly user: User }[] = [];
  const refresh = (): void => {
    const { mtimeMs } = statSync(file);
    if (mtimeMs === readMs) return;
    readMs = mtimeMs;
    entries = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('#'))
      .map((line, index) => parseEntry(line, `${file}:${index + 1}`));
  };
  refresh();
  return {
    authenticateToken(token, wanted = apiAudiences) {
      const audiences = wanted.filter((each) => apiAudiences.includes(each));
      if (audiences.length === 0) return undefined;
      refresh();
      const given = digest(token);
      // Every entry is compared, so that the time taken tells nothing.
      let found: User | undefined;
      for (const entry of entries) if (timingSafeEqual(entry.digest, given)) found = entry.user;
      return found === undefined ? undefined : { user: found, audiences };
    },
  };
}

function parseEntry(line: string, where: string): { readonly digest: Buffer; readonly user: User } {
  const [, token = '', name = '', uid = '', groups = ''] =
    /^([^,]+),([^,]+),([^,]*)(?:,"?([^"]*)"?)?\s*$/.exec(line) ?? [];
  if (token === '' || name === '') throw new Error(`${where}: a line must be token,user,uid,"group1,group2"`);
  const list = groups
    .split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
  return {
    digest: digest(token.trim()),
    user: authenticated({ name: name.trim(), ...(uid === '' ? {} : { uid: uid.trim() }), groups: list }),
  };
}

/** The first that recognises the credentials. Throws Unauthorized when none does. */
export function authenticate(authenticators: readonly Authenticator[], request: IncomingMessage): User {
  for (const each of authenticators) {
    const user = each.authenticate(request);
    if (user !== undefined) return user;
  }
  throw unauthorized();
}
