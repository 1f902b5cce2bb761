import { UsageError } from '../client/resources';

/** Which requests a proxy hands on. Patterns are regular expressions; lists of them match when one does. */
export interface FilterPatterns {
  readonly acceptHosts: readonly string[];
  readonly acceptPaths: readonly string[];
  readonly rejectPaths: readonly string[];
  readonly rejectMethods: readonly string[];
}

/**
 * Keeps web pages of others from using the proxy with the credentials of the person who started it: a page that
 * resolves its own name to 127.0.0.1 sends its own name as host. Throws UsageError for what is no regular expression.
 */
export function createRequestFilter(patterns: FilterPatterns) {
  const matcher = (flag: string, each: readonly string[]): ((text: string) => boolean) => {
    const compiled = each.map((pattern) => {
      try {
        return new RegExp(pattern);
      } catch {
        throw new UsageError(`--${flag} ${pattern}: must be a regular expression`);
      }
    });
    return (text) => compiled.some((pattern) => pattern.test(text));
  };
  const acceptsHost = matcher('accept-hosts', patterns.acceptHosts);
  const acceptsPath = matcher('accept-paths', patterns.acceptPaths);
  const rejectsPath = matcher('reject-paths', patterns.rejectPaths);
  const rejectsMethod = matcher('reject-methods', patterns.rejectMethods);
  return (request: { readonly method: string; readonly host: string; readonly path: string }): boolean =>
    acceptsHost(request.host.replace(/:\d+$/, '')) &&
    acceptsPath(request.path) &&
    !rejectsPath(request.path) &&
    !rejectsMethod(request.method);
}
