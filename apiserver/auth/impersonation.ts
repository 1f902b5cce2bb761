import type { IncomingMessage } from 'node:http';
import { badRequest } from '../../shared/status-error';
import { AUTHENTICATED } from './authenticator';
import { ANONYMOUS, UNAUTHENTICATED } from './anonymous';
import type { Authorizer } from './authorizer';
import { authorize } from './authorizer';
import { accountGroups, accountOf } from './service-account/claims';
import type { User } from './user';

const EXTRA = 'impersonate-extra-';

/**
 * The user whom a request speaks for: `user` itself, or who its Impersonate headers name, where `user` may impersonate
 * that user, each of the groups and of the extra values. Throws Forbidden, BadRequest for groups without a user.
 */
export function impersonated(authorizer: Authorizer, user: User, { headers }: IncomingMessage): User {
  if (!speaksForAnother(headers)) return user;
  const name = textOf(headers['impersonate-user']);
  const groups = [headers['impersonate-group'] ?? []].flat().flatMap((value) => value.split(', '));
  const uid = textOf(headers['impersonate-uid']);
  const extra = extraOf(headers);
  if (name === undefined) throw badRequest('requested impersonation without impersonating a user');
  const verb = 'impersonate';
  const account = accountOf(name);
  if (account === undefined) authorize(authorizer, user, { verb, group: '', resource: 'users', name });
  else authorize(authorizer, user, { verb, group: '', resource: 'serviceaccounts', ...account });
  for (const group of groups) authorize(authorizer, user, { verb, group: '', resource: 'groups', name: group });
  if (uid !== undefined) {
    authorize(authorizer, user, { verb, group: 'authentication.k8s.io', resource: 'uids', name: uid });
  }
  for (const [key, values] of extra) {
    for (const value of values) {
      const resource = { resource: 'userextras', subresource: key, name: value };
      authorize(authorizer, user, { verb, group: 'authentication.k8s.io', ...resource });
    }
  }
  const isAnonymous = name === ANONYMOUS.name || groups.includes(UNAUTHENTICATED);
  const standing = isAnonymous ? UNAUTHENTICATED : AUTHENTICATED;
  const own = account === undefined ? [] : accountGroups(account.namespace);
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...new Set([...groups, ...(groups.length === 0 ? own : []), standing])],
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

/** Looked at in every request: without making anything. */
function speaksForAnother(headers: IncomingMessage['headers']): boolean {
  for (const header in headers) if (header.startsWith('impersonate-')) return true;
  return false;
}

const textOf = (header: string | readonly string[] | undefined): string | undefined =>
  header === undefined || typeof header === 'string' ? header : header[0];

/** Values by key, as the headers have them: keys are percent-encoded, and lower case as all header names. */
function extraOf(headers: IncomingMessage['headers']): ReadonlyMap<string, readonly string[]> {
  const extra = new Map<string, readonly string[]>();
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(EXTRA) || value === undefined) continue;
    extra.set(
      decodedKey(header.slice(EXTRA.length)),
      [value].flat().flatMap((each) => each.split(', ')),
    );
  }
  return extra;
}

function decodedKey(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw badRequest(`the header Impersonate-Extra-${encoded} has a broken percent-encoding in its name`);
  }
}
