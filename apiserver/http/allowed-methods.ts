import { StatusError } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { RequestPath } from './request-path';

const COLLECTION: Readonly<Record<string, string>> = {
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  deletecollection: 'DELETE',
};
const OBJECT: Readonly<Record<string, string>> = {
  get: 'GET',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

/** The methods that a path of a kind takes. */
export function allowedMethods(kind: Kind, { name, subresource }: RequestPath): readonly string[] {
  if (subresource !== undefined) {
    const verbs: readonly string[] = kind.subresources.find((each) => each.name === subresource)?.verbs ?? [];
    return methodsOf(verbs, { ...OBJECT, create: 'POST' });
  }
  return methodsOf(kind.verbs, name === undefined ? COLLECTION : OBJECT);
}

const ORDER = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

const methodsOf = (verbs: readonly string[], methods: Readonly<Record<string, string>>): readonly string[] =>
  ORDER.filter((method) => verbs.some((verb) => methods[verb] === method));

export const methodNotAllowed = (allowed: readonly string[]): StatusError =>
  new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', undefined, {
    allowedMethods: allowed,
  });
