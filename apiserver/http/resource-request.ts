import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, StatusError } from '../../shared/status-error';
import type { User } from '../auth/user';
import type { Kind, WritableSubresource } from '../kinds/kind';
import { isWritableSubresource } from '../kinds/kind';
import { managerName } from '../managed-fields/ownership';
import type { ListQuery, WriteOptions } from '../registry/registry';
import { integerOf } from '../streaming/query-options';
import { checkListOptions } from './list-options';
import type { ReadBody } from './read-object';
import { requestOptions } from './request-options';
import type { RequestPath } from './request-path';
import type { IncludeObject, Representation } from './table';
import { negotiate } from './table';

/** A request for objects of a kind, whose path, query and user are known. */
export interface ResourceRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly kind: Kind;
  readonly path: RequestPath;
  readonly query: URLSearchParams;
  readonly user: User;
  /** Takes what admission notes for the audit log. */
  readonly annotate?: (key: string, text: string) => void;
  /** Throws Forbidden where the user may not create what the path names. */
  readonly mayCreate?: () => void;
}

export const keyOf = ({ path }: ResourceRequest): { namespace?: string | undefined; name: string } => ({
  namespace: path.namespace,
  name: path.name ?? '',
});

export const notAcceptable = (
  why = 'only the following media types are accepted: application/json, application/yaml',
): StatusError => new StatusError('NotAcceptable', why);

/** Throws NotAcceptable. */
export function representationFor({ request }: Pick<ResourceRequest, 'request'>): Representation {
  const representation = negotiate(request.headers.accept);
  if (representation === undefined) throw notAcceptable();
  return representation;
}

/** The same, where what is answered to a creation has no table: a review, a token, what an eviction came to. */
export function representationOfAnswer(call: Pick<ResourceRequest, 'request'>): Representation {
  const representation = representationFor(call);
  if (call.request.method === 'POST' && representation.as === 'Table') throw notAcceptable();
  return representation;
}

export function includeOf(query: URLSearchParams): IncludeObject {
  const text = query.get('includeObject') || 'Metadata';
  if (text === 'None' || text === 'Metadata' || text === 'Object') return text;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(text)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** `{ name: text }` where the query has it, else nothing: absent fields stay absent. */
export function textOf<N extends string>(query: URLSearchParams, name: N): { [name in N]?: string } {
  const text = query.get(name);
  return (text === null || text === '' ? {} : { [name]: text }) as { [name in N]?: string };
}

export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const value = integerOf(query, name);
  if (value !== undefined && value < 0) throw badRequest(`${name}=${value} is not a whole number`);
  return value;
}

export const selectionOf = ({
  path,
  query,
}: ResourceRequest): Pick<ListQuery, 'namespace' | 'labelSelector' | 'fieldSelector'> => ({
  ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
  ...textOf(query, 'labelSelector'),
  ...textOf(query, 'fieldSelector'),
});

export function listQuery(call: ResourceRequest): ListQuery {
  const limit = numberOf(call.query, 'limit');
  checkListOptions(call.query);
  const match = call.query.get('resourceVersionMatch');
  return {
    ...selectionOf(call),
    ...(limit === undefined || limit === 0 ? {} : { limit }),
    ...textOf(call.query, 'continue'),
    ...textOf(call.query, 'resourceVersion'),
    ...(match === 'Exact' || match === 'NotOlderThan' ? { resourceVersionMatch: match } : {}),
  };
}

export function writeOptions(
  { query, user, path, request, annotate, mayCreate }: ResourceRequest,
  body?: ReadBody,
  patch: { readonly isApply?: boolean } = {},
): WriteOptions & { subresource?: WritableSubresource } {
  const { dryRun, fieldValidation, fieldManager } = requestOptions(request.method, query, patch);
  return {
    user,
    fieldValidation,
    ...(annotate === undefined ? {} : { annotate }),
    ...(mayCreate === undefined ? {} : { mayCreate }),
    ...(body === undefined ? {} : { bodyProblems: body.problems }),
    ...(dryRun ? { dryRun } : {}),
    fieldManager: managerName(fieldManager, request.headers['user-agent']),
    ...(isWritableSubresource(path.subresource) ? { subresource: path.subresource } : {}),
  };
}
