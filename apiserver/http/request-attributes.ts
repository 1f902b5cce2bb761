import type { IncomingMessage } from 'node:http';
import type { Attributes } from '../auth/authorizer';
import { flagOf } from '../streaming/query-options';
import type { RequestPath } from './request-path';

/** What a method does to what it names. */
export const VERBS: Readonly<Record<string, string>> = {
  GET: 'get',
  HEAD: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

/** What a request wants to do with a resource. */
export type ResourceAttributes = Exclude<Attributes, { readonly path: string }>;

export function attributesOf(request: IncomingMessage, path: RequestPath, query: URLSearchParams): ResourceAttributes {
  const isWatch = flagOf(query, 'watch');
  const plain = VERBS[request.method ?? ''] ?? '';
  const verb =
    path.name !== undefined
      ? plain
      : plain === 'get'
        ? isWatch
          ? 'watch'
          : 'list'
        : plain === 'delete'
          ? 'deletecollection'
          : plain;
  return {
    verb,
    group: path.group,
    resource: path.plural ?? '',
    ...(path.subresource === undefined ? {} : { subresource: path.subresource }),
    ...(path.namespace === undefined ? {} : { namespace: path.namespace }),
    ...(path.name === undefined ? selectedBy(query) : { name: path.name }),
  };
}

/** Who lists by the name of one object asks for that one: rules that name it count. */
function selectedBy(query: URLSearchParams): { readonly name?: string; readonly fieldSelector?: string } {
  const fieldSelector = query.get('fieldSelector') ?? '';
  if (fieldSelector === '') return {};
  const name = /(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(fieldSelector)?.[1];
  return name === undefined ? { fieldSelector } : { fieldSelector, name };
}
