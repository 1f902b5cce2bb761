import type { ServerResponse } from 'node:http';
import { StatusError } from '../../shared/status-error';
import type { Store } from '../store/store';
import type { Page } from './api-routes';
import { sendJson } from './respond';
import { VERSION } from './version';

interface Check {
  readonly name: string;
  readonly isGood: () => Promise<boolean> | boolean;
}

/**
 * /livez, /readyz, /healthz, each of their checks by itself (/readyz/store), and /version: open to everybody, for load
 * balancers and supervisors. `?verbose` lists the checks, `?exclude=NAME` leaves one out.
 */
export function healthPages(of: {
  readonly store: Store;
  readonly isReady: () => boolean;
}): Readonly<Record<string, Page>> {
  const ping: Check = { name: 'ping', isGood: () => true };
  const store: Check = { name: 'store', isGood: () => of.store.get('/health').then(() => true) };
  const started: Check = { name: 'started', isGood: of.isReady };
  const version: Page = (_url, response) => sendJson(response, 200, VERSION);
  return {
    ...pagesOf('livez', [ping, store]),
    ...pagesOf('healthz', [ping, store]),
    ...pagesOf('readyz', [ping, store, started]),
    '/version': version,
    '/version/': version,
  };
}

const pagesOf = (name: string, checks: readonly Check[]): Readonly<Record<string, Page>> => ({
  [`/${name}`]: summary(name, checks),
  [`/${name}/`]: summary(name, checks),
  ...Object.fromEntries(checks.map((check) => [`/${name}/${check.name}`, single(check)])),
});

const summary =
  (page: string, checks: readonly Check[]): Page =>
  async ({ searchParams: query }, response, request) => {
    refuseOthers(request.method);
    const excluded = new Set(query.getAll('exclude').flatMap((names) => names.split(',')));
    const results = await Promise.all(
      checks.map(async (check) => {
        if (excluded.delete(check.name)) return { isGood: true, line: `[+]${check.name} excluded: ok` };
        const isGood = await ask(check);
        // Whoever asks need not be anybody: what is wrong stands in the log.
        return { isGood, line: isGood ? `[+]${check.name} ok` : `[-]${check.name} failed: reason withheld` };
      }),
    );
    const isGood = results.every((each) => each.isGood);
    if (isGood && !query.has('verbose')) return sendText(response, 200, 'ok');
    const unknown = [...excluded].filter((name) => name !== '').map((name) => JSON.stringify(name));
    const lines = [
      ...results.map(({ line }) => line),
      ...(unknown.length === 0
        ? []
        : [`warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}`]),
      `${page} check ${isGood ? 'passed' : 'failed'}`,
    ];
    sendText(response, isGood ? 200 : 500, `${lines.join('\n')}\n`);
  };

const single =
  (check: Check): Page =>
  async (_url, response, request) => {
    refuseOthers(request.method);
    const isGood = await ask(check);
    sendText(response, isGood ? 200 : 500, isGood ? 'ok' : 'internal server error: reason withheld\n');
  };

function refuseOthers(method = 'GET'): void {
  if (method === 'GET' || method === 'HEAD') return;
  throw new StatusError(
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    undefined,
    {
      allowedMethods: ['GET', 'HEAD'],
    },
  );
}

const ask = (check: Check): Promise<boolean> =>
  Promise.resolve()
    .then(check.isGood)
    .catch(() => false);

function sendText(response: ServerResponse, code: number, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(code, {
    'Content-Type': 'text/plain; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': bytes.length,
  });
  response.end(bytes);
}
