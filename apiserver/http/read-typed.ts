import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiObject } from '../../shared/api/objects';
import type { Kind } from '../kinds/kind';
import type { Decoder } from '../openapi/decode';
import { readIncoming } from '../registry/incoming-object';
import { readBody } from './read-object';
import { requestOptions } from './request-options';
import { warn } from './respond';

/** The type of a body that is not, or not only, an object of a stored kind: an Eviction, a Binding, a Scale. */
export interface BodyType extends Pick<Kind, 'group' | 'version' | 'kind' | 'schema'> {
  /** Another version of the same fields, which old clients send. */
  readonly formerApiVersion?: string;
}

export const BINDING: BodyType = { group: '', version: 'v1', kind: 'Binding', schema: 'io.k8s.api.core.v1.Binding' };
export const SCALE: BodyType = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  schema: 'io.k8s.api.autoscaling.v1.Scale',
};
export const EVICTION: BodyType = {
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  schema: 'io.k8s.api.policy.v1.Eviction',
  formerApiVersion: 'policy/v1beta1',
};

/**
 * The body as the type that it is meant to be: known fields of the right types, null as absent. Warns the client of the
 * others, or throws BadRequest, as `fieldValidation` asks.
 */
export async function readTyped(
  decoder: Decoder,
  type: BodyType,
  call: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly query: URLSearchParams },
): Promise<ApiObject> {
  const { object: body, problems: bodyProblems } = await readBody(call.request);
  const { fieldValidation } = requestOptions(call.request.method, call.query);
  const { apiVersion, ...versionless } = body;
  const isFormer = apiVersion !== undefined && apiVersion === type.formerApiVersion;
  const { object, warnings } = readIncoming(decoder, type, isFormer ? (versionless as ApiObject) : body, {
    fieldValidation,
    bodyProblems,
  });
  warn(call.response, warnings);
  return object;
}
