import { applyPatch as applyOperations, getValueByPointer } from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { badRequest, StatusError } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { Schemas } from '../openapi/schemas';
import type { PatchType } from './client';
import { strategicMerge } from './strategic-merge';

const MAX_OPERATIONS = 10_000;
/** How much all copies of a JSON patch may add, as Kubernetes' JSONPatchMaxCopyBytes: copies of copies grow without end. */
const MAX_COPIED_BYTES = 3 * 1024 * 1024;

/** The object after a patch; `object` itself is not changed. Throws BadRequest for a patch that makes no sense and
 * Invalid for one that does not fit the object. */
export function applyPatch(
  schemas: Schemas,
  kind: Pick<Kind, 'schema' | 'custom'>,
  object: StoredObject,
  patch: { readonly type: PatchType; readonly body: unknown },
): ApiObject {
  switch (patch.type) {
    case 'json':
      return jsonPatch(object, patch.body);
    case 'merge':
      return mergePatch(object, recordOf(patch.body)) as ApiObject;
    case 'strategic':
      if (kind.custom !== undefined) {
        throw new StatusError(
          'UnsupportedMediaType',
          'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml',
        );
      }
      return strategicMerge(schemas, kind.schema, object, recordOf(patch.body));
  }
}

function recordOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  const found = Array.isArray(body) ? 'array' : body === null ? 'null' : typeof body;
  throw badRequest(
    `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
  );
}

function jsonPatch(object: StoredObject, body: unknown): ApiObject {
  if (!Array.isArray(body)) {
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch');
  }
  if (body.length > MAX_OPERATIONS) {
    throw new StatusError(
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`,
    );
  }
  const copy = structuredClone(object);
  try {
    return applyInTurn(copy, body as Operation[]);
  } catch (error) {
    if (error instanceof StatusError) throw error;
    // The library throws its own errors for what is not applicable, and TypeErrors for paths it will not touch.
    if (!(error instanceof Error)) throw error;
    const [why = ''] = error.message.split('\n');
    throw inapplicable(why, error);
  }
}

const inapplicable = (why: string, cause?: unknown): StatusError =>
  new StatusError('Invalid', `the server rejected our request due to an error in our request: ${why}`, undefined, {
    cause,
  });

function applyInTurn(object: StoredObject, operations: readonly Operation[]): ApiObject {
  let document = object;
  let copiedBytes = 0;
  for (const operation of operations) {
    if (operation.op === 'move' && getValueByPointer(document, operation.from) === undefined) {
      throw inapplicable(`move operation does not apply: doc is missing key: ${operation.from}`);
    }
    if (operation.op === 'copy' && typeof operation.from === 'string') {
      copiedBytes += sizeOf(getValueByPointer(document, operation.from));
      if (copiedBytes > MAX_COPIED_BYTES) {
        throw new StatusError(
          'RequestEntityTooLarge',
          `Unable to complete the copy, the accumulated size increase of copy is ${copiedBytes}, exceeding the limit ${MAX_COPIED_BYTES}`,
        );
      }
    }
    // A copy: what is added becomes part of the document, and the patch may have to be applied again.
    const step = structuredClone(lenient(document, operation));
    document = applyOperations(document, [step], true, true).newDocument;
  }
  return document;
}

/** Kubernetes' JSON patch replaces a field also where there is none, as long as what it would be in is there. */
function lenient(document: StoredObject, operation: Operation): Operation {
  if (operation.op !== 'replace' || typeof operation.path !== 'string') return operation;
  const [, parent = '', escaped = ''] = /^(.*)\/([^/]*)$/s.exec(operation.path) ?? [];
  const container: unknown = parent === '' ? document : getValueByPointer(document, parent);
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return operation;
  const field = escaped.replaceAll('~1', '/').replaceAll('~0', '~');
  return Object.hasOwn(container, field)
    ? operation
    : { op: 'add', path: operation.path, value: operation.value as unknown };
}

/** In characters of JSON. */
const sizeOf = (value: unknown): number => (value === undefined ? 0 : JSON.stringify(value).length);

/** RFC 7386. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const isObject = typeof target === 'object' && target !== null && !Array.isArray(target);
  const result = new Map(Object.entries(isObject ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) result.delete(key);
    else result.set(key, mergePatch(result.get(key), value));
  }
  return Object.fromEntries(result);
}
