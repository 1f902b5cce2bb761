import { badRequest } from '../../shared/status-error';

/** What a request asks for: its path, as it was sent, and its query. */
export interface RequestUrl {
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

/** Of `request.url`. Nothing is resolved: `..` is a name like any other, and none that exists. */
export function splitUrl(url = '/'): RequestUrl {
  const query = url.indexOf('?');
  const path = query < 0 ? url : url.slice(0, query);
  return {
    pathname: path.startsWith('//') ? path.replace(/^\/+/, '/') : path,
    searchParams: new URLSearchParams(query < 0 ? '' : url.slice(query + 1)),
  };
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
  const parts = pathname
    .split('/')
    .filter((part, index) => index > 0 || part !== '')
    .map(decode);
  if (parts.at(-1) === '') parts.pop();
  const prefix = parts.shift();
  const group = prefix === 'api' ? '' : prefix === 'apis' ? parts.shift() : undefined;
  const version = parts.shift();
  if (group === undefined || version === undefined) return undefined;
  // /namespaces/NS is the namespace itself, /namespaces/NS/status|finalize its subresource, the rest lies in it.
  const inNamespace = parts[0] === 'namespaces' && parts.length > 2 && !['status', 'finalize'].includes(parts[2] ?? '');
  const namespace = inNamespace ? parts[1] : undefined;
  const [plural, name, subresource, ...rest] = inNamespace ? parts.slice(2) : parts;
  if (rest.length > 0 && subresource !== 'proxy') return undefined;
  return {
    group,
    version,
    ...(namespace === undefined ? {} : { namespace }),
    ...(plural === undefined ? {} : { plural }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`the path contains a broken percent-encoding: ${part}`);
  }
}
