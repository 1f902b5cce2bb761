import type { IncomingMessage } from 'node:http';
import { badRequest } from '../../shared/status-error';
import { AUTHENTICATED } from './authenticator';
import type { Authorizer } from './authorizer';
import { authorize } from './authorizer';
import type { User } from './user';

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/**
 * The user whom a request speaks for: `user` itself, or who its Impersonate headers name, where `user` may impersonate
 * that user and each of the groups. Throws Forbidden, BadRequest for groups without a user.
 */
export function impersonated(authorizer: Authorizer, user: User, { headers }: IncomingMessage): User {
  const name = textOf(headers['impersonate-user']);
  const groups = [headers['impersonate-group'] ?? []].flat().flatMap((value) => value.split(', '));
  const uid = textOf(headers['impersonate-uid']);
  // Nothing here decides by extra attributes: who sends them relies on what would not happen.
  if (Object.keys(headers).some((header) => header.startsWith('impersonate-extra-'))) {
    throw badRequest('impersonation of extra attributes is not served: leave out the Impersonate-Extra headers');
  }
  if (name === undefined) {
    if (groups.length === 0 && uid === undefined) return user;
    throw badRequest('requested impersonation without impersonating a user');
  }
  const verb = 'impersonate';
  const [, namespace, account] = SERVICE_ACCOUNT.exec(name) ?? [];
  if (namespace === undefined) authorize(authorizer, user, { verb, group: '', resource: 'users', name });
  else authorize(authorizer, user, { verb, group: '', resource: 'serviceaccounts', namespace, name: account ?? '' });
  for (const group of groups) authorize(authorizer, user, { verb, group: '', resource: 'groups', name: group });
  if (uid !== undefined) {
    authorize(authorizer, user, { verb, group: 'authentication.k8s.io', resource: 'uids', name: uid });
  }
  const own = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: [...new Set([...groups, ...(groups.length === 0 ? own : []), AUTHENTICATED])],
  };
}

const textOf = (header: string | readonly string[] | undefined): string | undefined =>
  header === undefined || typeof header === 'string' ? header : header[0];
