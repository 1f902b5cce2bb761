import net from 'node:net';
import type { CheckResult } from './http-check';
import { dialError } from './http-check';

/** Success when a connection opens. */
export function checkTcp(
  target: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<CheckResult> {
  const host = `${target.host}:${target.port}`;
  return new Promise((resolve) => {
    const socket = net.connect({ host: target.host, port: target.port });
    const finish = (result: CheckResult): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(result);
    };
    const onAbort = (): void => finish({ ok: false, message: `dial tcp ${host}: i/o timeout` });
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', () => finish({ ok: true, message: '' }));
    socket.once('error', (error) => finish({ ok: false, message: dialError(error, { host }, signal) }));
    if (signal.aborted) onAbort();
  });
}
