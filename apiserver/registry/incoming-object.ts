import type { ApiObject, ObjectMeta, StoredObject } from '../../shared/api/objects';
import { badRequest, conflict, invalid, StatusError } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import { invalidValue } from '../kinds/validation/field-errors';
import type { Decoder } from '../openapi/decode';
import type { ObjectKey, PatchType } from './client';
import type { WriteOptions } from './registry';
import { patchProblems, strictProblems } from './strict-problems';

/** A client's object after decoding: known fields only, of this kind, in this namespace. */
export interface Incoming {
  readonly object: ApiObject;
  readonly warnings: readonly string[];
}

export const apiVersionOf = (kind: Pick<Kind, 'group' | 'version'>): string =>
  kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;

/** What of a kind decides how a body is read. */
type Typed = Pick<Kind, 'group' | 'version' | 'kind' | 'schema' | 'custom'>;

type Strictness = Pick<WriteOptions, 'fieldValidation' | 'bodyProblems'>;

/** Decodes a request's body for a kind. Throws BadRequest for wrong types, another kind, and, if Strict, unknown and
 * duplicate fields. */
export function readIncoming(decoder: Decoder, kind: Typed, body: ApiObject, strictness: Strictness): Incoming {
  const { object, problems } = decodeFor(decoder, kind, body, strictness);
  if (strictness.fieldValidation === 'Strict' && problems.length > 0) {
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${strictError(problems)}`,
    );
  }
  return { object, warnings: problems };
}

/** The same for what a patch has made: what is wrong with that is wrong with the patch. Throws Invalid. */
export function readPatched(
  decoder: Decoder,
  kind: Typed,
  patched: ApiObject,
  { patch, ...given }: Strictness & { readonly patch: { readonly type: PatchType; readonly body: unknown } },
): Incoming {
  const refuse = (why: string): Error => {
    const value = patch.type === 'strategic' ? goText(patch.body) : JSON.stringify(patched);
    return invalid({ group: '', kind: '' }, '', [invalidValue('patch', value, why)]);
  };
  try {
    const strictness = { ...given, bodyProblems: patchProblems(patch, given.bodyProblems ?? []) };
    const { object, problems } = decodeFor(decoder, kind, patched, strictness);
    if (given.fieldValidation === 'Strict' && problems.length > 0) throw refuse(strictError(problems));
    return { object, warnings: problems };
  } catch (error) {
    if (error instanceof StatusError && error.reason === 'BadRequest') throw refuse(error.message);
    throw error;
  }
}

/** The same for an applied configuration, all of whose fields must be known: each becomes somebody's. Throws BadRequest. */
export function readApplied(
  decoder: Decoder,
  kind: Kind,
  { namespace = '', name }: ObjectKey,
  body: ApiObject,
  strictness: Strictness,
): Incoming {
  const { apiVersion = '' } = body;
  if (apiVersion !== apiVersionOf(kind)) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${apiVersionOf(kind)}`,
    );
  }
  const { unknownFields } = decoded(decoder, kind, body);
  if (unknownFields.length === 0) return readIncoming(decoder, kind, body, strictness);
  const problems = unknownFields.map((path) => `.${path}: field not declared in schema`);
  const text = problems.length === 1 ? problems.join('') : `errors:\n${problems.map((each) => `  ${each}`).join('\n')}`;
  const type = `${kind.group}/${kind.version}, Kind=${kind.kind}`;
  throw badRequest(`failed to create typed patch object (${namespace}/${name}; ${type}): ${text}`);
}

const strictError = (problems: readonly string[]): string => `strict decoding error: ${problems.join(', ')}`;

const decoded = (decoder: Decoder, kind: Typed, body: ApiObject): ReturnType<Decoder['decode']> =>
  kind.custom?.decode(body) ?? decoder.decode(kind, body);

function decodeFor(
  decoder: Decoder,
  kind: Typed,
  body: ApiObject,
  { fieldValidation, bodyProblems = [] }: Strictness,
): { readonly object: ApiObject; readonly problems: readonly string[] } {
  const { object, unknownFields } = decoded(decoder, kind, body);
  checkType(kind, object);
  object.apiVersion = apiVersionOf(kind);
  object.kind = kind.kind;
  object.metadata ??= {};
  if (fieldValidation === 'Ignore') return { object, problems: [] };
  return {
    object,
    problems: strictProblems({ body, bodyProblems, unknownFields, isCustom: kind.custom !== undefined }),
  };
}

/** A value as Go prints it (`%v`), which is how Kubernetes quotes a strategic merge patch. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (typeof value !== 'object') return String(value);
  if (value === null) return '<nil>';
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${fields.map(([key, each]) => `${key}:${goText(each)}`).join(' ')}]`;
}

function checkType(kind: Typed, object: ApiObject): void {
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

/** Of some kinds a replacement must say what it replaces. Throws Invalid. */
export function checkSaysWhat({ group, plural, needsResourceVersion }: Kind, { metadata = {} }: ApiObject): void {
  const { name = '', resourceVersion = '' } = metadata;
  if (needsResourceVersion !== true || !['', '0'].includes(resourceVersion)) return;
  const problem = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update');
  throw invalid({ group, kind: plural }, name, [problem]);
}

/** A patch that names another uid asks to change it, where a replacement means another object. Throws Invalid. */
export function checkKeepsUid(kind: Kind, { metadata = {} }: ApiObject, old: StoredObject): void {
  const { name = '', uid = '' } = metadata;
  if (uid === '' || uid === old.metadata.uid) return;
  throw invalid(kind, name, [invalidValue('metadata.uid', uid, 'field is immutable')]);
}

/** An object must have the name that the URL names it by. */
export function checkNamed(key: ObjectKey, name = ''): void {
  if (name === '') throw badRequest('name must be provided');
  if (name === key.name) return;
  throw badRequest(`the name of the object (${name}) does not match the name on the URL (${key.name})`);
}

/** A replacement must be of the object that the URL names, in the state that the client saw. */
export function checkReplaces(kind: Kind, key: ObjectKey, object: ApiObject, old: StoredObject): void {
  const of = { group: kind.group, resource: kind.plural };
  const { name = '', uid = '', resourceVersion = '' } = object.metadata ?? {};
  checkNamed(key, name);
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
  checkNamed(key, name);
  if (resourceVersion !== '' || uid !== '') {
    throw new StatusError(
      'Conflict',
      `uid or resourceVersion mismatch: the object ${JSON.stringify(name)} does not exist`,
    );
  }
}
