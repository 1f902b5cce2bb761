import net from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';

const URL_TYPE = 'kubernetes.URL';

/** k8s.io/apiserver/pkg/cel/library: url, and of ip and cidr the tests. */
export function addAddresses(environment: Environment): void {
  environment.registerType(URL_TYPE, { ctor: URL, fields: {} });
  const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
    'isURL(string): bool': (text: string) => URL.canParse(text),
    [`url(string): ${URL_TYPE}`]: (text: string) => new URL(text),
    [`${URL_TYPE}.getScheme(): string`]: (url: URL) => url.protocol.replace(/:$/, ''),
    [`${URL_TYPE}.getHost(): string`]: (url: URL) => url.host,
    [`${URL_TYPE}.getHostname(): string`]: (url: URL) => url.hostname,
    [`${URL_TYPE}.getPort(): string`]: (url: URL) => url.port,
    [`${URL_TYPE}.getEscapedPath(): string`]: (url: URL) => url.pathname,
    'isIP(string): bool': (text: string) => net.isIP(text) !== 0,
    'isCIDR(string): bool': (text: string) => isCidr(text),
  };
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler as never);
}

function isCidr(text: string): boolean {
  const [, address = '', bits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const version = net.isIP(address);
  return version !== 0 && Number(bits) <= (version === 4 ? 32 : 128);
}
