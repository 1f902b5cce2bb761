import type { Environment } from '@marcbachmann/cel-js';

const URL_TYPE = 'kubernetes.URL';

/** The parts of a URL as they stand in the text, which a browser's URL would tidy up (net/url: ParseRequestURI). */
class UrlParts {
  private constructor(
    readonly scheme: string,
    readonly host: string,
    readonly path: string,
    readonly query: string,
  ) {}

  /** An absolute URL or an absolute path; undefined for anything else. */
  static parse(text: string): UrlParts | undefined {
    const isPath = text.startsWith('/') && !text.startsWith('//');
    if (!URL.canParse(isPath ? `http://host${text}` : text)) return undefined;
    const found = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(text);
    if (found === null) return undefined;
    const [, scheme = '', authority = '', path = '', query = ''] = found;
    return new UrlParts(scheme.toLowerCase(), authority.slice(authority.lastIndexOf('@') + 1), path, query);
  }

  get hostname(): string {
    return this.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  }

  get port(): string {
    return /:(\d*)$/.exec(this.host)?.[1] ?? '';
  }

  get escapedPath(): string {
    return this.path.replace(/[^\x21-\x7e]/gu, (character) => encodeURIComponent(character));
  }

  get parameters(): Map<string, string[]> {
    const all = new Map<string, string[]>();
    for (const [name, value] of new URLSearchParams(this.query)) all.set(name, [...(all.get(name) ?? []), value]);
    return all;
  }
}

/** k8s.io/apiserver/pkg/cel/library: url */
export function addUrls(environment: Environment): void {
  environment.registerType(URL_TYPE, { ctor: UrlParts, fields: {} });
  const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
    'isURL(string): bool': (text: string) => UrlParts.parse(text) !== undefined,
    [`url(string): ${URL_TYPE}`]: (text: string) => {
      const parts = UrlParts.parse(text);
      if (parts === undefined)
        throw new Error(`URL parse error during conversion from string: ${JSON.stringify(text)}`);
      return parts;
    },
    [`${URL_TYPE}.getScheme(): string`]: ({ scheme }: UrlParts) => scheme,
    [`${URL_TYPE}.getHost(): string`]: ({ host }: UrlParts) => host,
    [`${URL_TYPE}.getHostname(): string`]: ({ hostname }: UrlParts) => hostname,
    [`${URL_TYPE}.getPort(): string`]: ({ port }: UrlParts) => port,
    [`${URL_TYPE}.getEscapedPath(): string`]: ({ escapedPath }: UrlParts) => escapedPath,
    [`${URL_TYPE}.getQuery(): map<string, list<string>>`]: ({ parameters }: UrlParts) => parameters,
  };
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler as never);
}
