import { badRequest } from '../../shared/status-error';

/** What a request asks for: its path, as it was sent, and its query. */
export interface RequestUrl {
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

/** Of the many requests that have none. Nobody writes into a request's query. */
const NO_QUERY = new URLSearchParams();

/** Of `request.url`. Nothing is resolved: `..` is a name like any other, and none that exists. */
export function splitUrl(url = '/'): RequestUrl {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return {
    pathname: path.startsWith('//') ? path.replace(/^\/+/, '/') : path,
    searchParams: query < 0 ? NO_QUERY : new URLSearchParams(url.slice(query + 1)),
  };
}

const WATCH = /^(\/api\/[^/]+|\/apis\/[^/]+\/[^/]+)\/watch(\/.+)$/;

/** The former paths of watches, `/api/v1/watch/…`, as what they are short for; others as they are. Throws BadRequest. */
export function withoutWatchPath(url: RequestUrl): RequestUrl {
  if (!url.pathname.includes('/watch/')) return url;
  const [, root = '', rest = ''] = WATCH.exec(url.pathname) ?? [];
  const path = rest === '' ? undefined : parseRequestPath(root + rest);
  if (path?.plural === undefined || path.subresource !== undefined) return url;
  const searchParams = new URLSearchParams(url.searchParams);
  searchParams.set('watch', 'true');
  if (path.name === undefined) return { pathname: root + rest, searchParams };
  searchParams.set('fieldSelector', `metadata.name=${path.name}`);
  return { pathname: (root + rest).replace(/\/[^/]+\/?$/, ''), searchParams };
}

/** What a path below /api or /apis names. */
export interface RequestPath {
  readonly group: string;
  readonly version: string;
  readonly namespace?: string;
  readonly plural?: string;
  readonly name?: string;
  readonly subresource?: string;
}

/**
 * `/api/v1/namespaces/NS/pods/NAME/status` and its shorter forms. Undefined for a path of another shape.
 * Throws BadRequest for percent-encoding that does not decode.
 */
export function parseRequestPath(pathname: string): RequestPath | undefined {
  const split = pathname.split('/');
  const parts = pathname.includes('%') ? split.map(decode) : split;
  if (parts.at(-1) === '') parts.pop();
  const isCore = parts[1] === 'api';
  if (!isCore && parts[1] !== 'apis') return undefined;
  const first = isCore ? 2 : 3;
  const group = isCore ? '' : parts[2];
  const version = parts[first];
  if (group === undefined || version === undefined) return undefined;
  // /namespaces/NS is the namespace itself, /namespaces/NS/status|finalize its subresource, the rest lies in it.
  const within = parts[first + 3];
  const inNamespace =
    parts[first + 1] === 'namespaces' && within !== undefined && within !== 'status' && within !== 'finalize';
  const at = inNamespace ? first + 3 : first + 1;
  const [plural, name, subresource] = [parts[at], parts[at + 1], parts[at + 2]];
  if (parts.length > at + 3 && subresource !== 'proxy') return undefined;
  const path: { -readonly [Field in keyof RequestPath]: RequestPath[Field] } = { group, version };
  const namespace = inNamespace ? parts[first + 2] : undefined;
  if (namespace !== undefined) path.namespace = namespace;
  if (plural !== undefined) path.plural = plural;
  if (name !== undefined) path.name = name;
  if (subresource !== undefined) path.subresource = subresource;
  return path;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`the path contains a broken percent-encoding: ${part}`);
  }
}
