import type { ApiObject, ObjectMeta, StoredObject } from '../../shared/api/objects';
import { badRequest, conflict, StatusError } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { Decoder } from '../openapi/decode';
import type { ObjectKey } from './client';
import type { WriteOptions } from './registry';

/** A client's object after decoding: known fields only, of this kind, in this namespace. */
export interface Incoming {
  readonly object: ApiObject;
  readonly warnings: readonly string[];
}

export const apiVersionOf = (kind: Pick<Kind, 'group' | 'version'>): string =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;

/** Decodes a request's body for a kind. Throws BadRequest for wrong types, another kind, and, if Strict, unknown fields. */
export function readIncoming(
  decoder: Decoder,
  kind: Kind,
  body: ApiObject,
  fieldValidation: WriteOptions['fieldValidation'],
): Incoming {
  const { object, unknownFields } = decoder.decode(kind, body);
  checkType(kind, object);
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
  object.metadata ??= {};
  const problems = unknownFields.map((path) => `unknown field ${JSON.stringify(path)}`);
  if (fieldValidation === 'Strict' && problems.length > 0) {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${problems.join(', ')}`,
    );
  }
  return { object, warnings: fieldValidation === 'Ignore' ? [] : problems };
}

function checkType(kind: Kind, object: ApiObject): void {
  const apiVersion = apiVersionOf(kind);
  const version = object.apiVersion ?? '';
  const name = object.kind ?? '';
  if (name !== '' && name !== kind.kind) {
    throw badRequest(
      `${name} in version "${version === '' ? kind.version : version}" cannot be handled as a ${kind.kind}: the object provided is unrecognized (must be of type ${kind.kind}), got kind ${name}`,
    );
  }
  if (version !== '' && version !== apiVersion) {
    throw badRequest(
      `the API version in the data (${version}) does not match the expected API version (${apiVersion})`,
    );
  }
}

/** The namespace of the URL goes into the object; another one in the object is refused. */
export function placeInNamespace(kind: Kind, namespace: string | undefined, metadata: ObjectMeta): void {
  const given = metadata.namespace ?? '';
  if (!kind.namespaced) {
    if (given !== '') throw badRequest('namespace is not allowed on this type');
    delete metadata.namespace;
    return;
  }
  const wanted = namespace ?? given;
  if (wanted === '') throw badRequest('an empty namespace may not be set when a resource name is provided');
  if (given !== '' && given !== wanted) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  }
  metadata.namespace = wanted;
}

/** A replacement must be of the object that the URL names, in the state that the client saw. */
export function checkReplaces(kind: Kind, key: ObjectKey, object: ApiObject, old: StoredObject): void {
  const of = { group: kind.group, resource: kind.plural };
  const { name = '', uid = '', resourceVersion = '' } = object.metadata ?? {};
  if (name === '') throw badRequest('name must be provided');
  if (name !== key.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
  }
  if (uid !== '' && uid !== old.metadata.uid) {
    throw conflict(
      of,
      name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (resourceVersion !== '' && resourceVersion !== '0' && resourceVersion !== old.metadata.resourceVersion) {
    throw modifiedMeanwhile(kind, name);
  }
}

export const modifiedMeanwhile = (kind: Kind, name: string): Error =>
  conflict(
    { group: kind.group, resource: kind.plural },
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

/** An applied configuration that creates its object must name it as the URL does, and must not expect one to be there. */
export function checkApplies(key: ObjectKey, { metadata = {} }: ApiObject): void {
  const { name = '', resourceVersion = '', uid = '' } = metadata;
  if (name === '') throw badRequest('name must be provided');
  if (name !== key.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
  }
  if (resourceVersion !== '' || uid !== '') {
    throw new StatusError(
      'Conflict',
      `uid or resourceVersion mismatch: the object ${JSON.stringify(name)} does not exist`,
    );
  }
}
