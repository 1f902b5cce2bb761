import http from 'node:http';
import https from 'node:https';

export interface HttpTarget {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface CheckResult {
  readonly ok: boolean;
  readonly message: string;
}

// k8s.io/kubernetes/pkg/probe/http: redirects are followed on the same host only, and only so many.
const MAX_REDIRECTS = 10;
const USER_AGENT = 'kube-probe/1.34';

/** One GET as Kubernetes' HTTP probe makes it: 200-399 is success, certificates are not verified. */
export async function checkHttp(target: HttpTarget, signal: AbortSignal): Promise<CheckResult> {
  let url = new URL(`${target.scheme}://${bracketed(target.host)}:${target.port}${absolute(target.path)}`);
  const first = url;
  try {
    for (let redirects = 0; ; redirects++) {
      const { statusCode, location } = await get(url, target.headers, signal);
      if (statusCode < 200 || statusCode >= 400)
        return { ok: false, message: `HTTP probe failed with statuscode: ${statusCode}` };
      const next = statusCode >= 300 && location !== undefined ? new URL(location, url) : undefined;
      // A redirect elsewhere shows that the container answers; following it would test another machine.
      if (next === undefined || next.hostname !== first.hostname) return { ok: true, message: '' };
      if (redirects >= MAX_REDIRECTS)
        return { ok: false, message: `Get "${first.href}": stopped after ${MAX_REDIRECTS} redirects` };
      url = next;
    }
  } catch (error) {
    return { ok: false, message: `Get "${first.href}": ${dialError(error, url, signal)}` };
  }
}

const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`);
const bracketed = (host: string): string => (host.includes(':') ? `[${host}]` : host);

function get(
  url: URL,
  headers: HttpTarget['headers'],
  signal: AbortSignal,
): Promise<{ statusCode: number; location: string | undefined }> {
  return new Promise((resolve, reject) => {
    const given = Object.fromEntries(headers.map(({ name, value }) => [name.toLowerCase(), value]));
    const options = {
      signal,
      agent: false as const,
      headers: { 'user-agent': USER_AGENT, accept: '*/*', connection: 'close', ...given },
    };
    const request =
      url.protocol === 'https:' ? https.get(url, { ...options, rejectUnauthorized: false }) : http.get(url, options);
    request.on('error', reject);
    request.on('response', (response) => {
      response.on('error', reject);
      response.on('end', () => resolve({ statusCode: response.statusCode ?? 0, location: response.headers.location }));
      response.resume();
    });
  });
}

/** A connection's failure in the words of Go's net package, which users know from Kubernetes. */
export function dialError(error: unknown, address: { readonly host: string }, signal: AbortSignal): string {
  if (signal.aborted) return 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const words: Readonly<Record<string, string>> = {
    ECONNREFUSED: 'connect: connection refused',
    EHOSTUNREACH: 'connect: no route to host',
    ENETUNREACH: 'connect: network is unreachable',
    ECONNRESET: 'read: connection reset by peer',
  };
  const known = words[code];
  if (known !== undefined) return `dial tcp ${address.host}: ${known}`;
  return error instanceof Error ? error.message : String(error);
}
