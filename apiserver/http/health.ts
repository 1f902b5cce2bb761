import type { ServerResponse } from 'node:http';
import type { Store } from '../store/store';
import type { Page } from './api-routes';
import { sendJson } from './respond';
import { VERSION } from './version';

interface Check {
  readonly name: string;
  readonly isGood: () => Promise<boolean> | boolean;
}

/** /livez, /readyz, /healthz and /version: open to everybody, for load balancers and supervisors. */
export function healthPages(of: {
  readonly store: Store;
  readonly isReady: () => boolean;
}): Readonly<Record<string, Page>> {
  const store: Check = { name: 'store', isGood: () => of.store.get('/health').then(() => true) };
  const started: Check = { name: 'started', isGood: of.isReady };
  const live = answer([{ name: 'ping', isGood: () => true }, store]);
  const version: Page = (_url, response) => sendJson(response, 200, VERSION);
  return {
    '/livez': live,
    '/healthz': live,
    '/readyz': answer([{ name: 'ping', isGood: () => true }, store, started]),
    '/version': version,
    '/version/': version,
  };
}

const answer =
  (checks: readonly Check[]): Page =>
  async (url, response) => {
    const results = await Promise.all(
      checks.map(async ({ name, isGood }) => ({ name, good: await Promise.resolve(isGood()).catch(() => false) })),
    );
    const allGood = results.every(({ good }) => good);
    const page = url.pathname.slice(1);
    const lines = results.map(({ name, good }) => (good ? `[+]${name} ok` : `[-]${name} failed`));
    const verbose = url.searchParams.has('verbose') || !allGood;
    const text = verbose ? `${lines.join('\n')}\n${page} check ${allGood ? 'passed' : 'failed'}\n` : 'ok';
    sendText(response, allGood ? 200 : 500, text);
  };

function sendText(response: ServerResponse, code: number, text: string): void {
  const bytes = Buffer.from(text);
  response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': bytes.length });
  response.end(bytes);
}
