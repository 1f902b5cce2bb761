import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StatusError } from '../../shared/status-error';
import { COMPRESSED_FROM_BYTES, compressed, mayCompress } from './compression';

export const JSON_TYPE = 'application/json';

/** Warnings go out with whatever is sent. */
export function warn(response: ServerResponse, warnings: readonly string[]): void {
  for (const text of warnings) response.appendHeader('Warning', `299 - ${JSON.stringify(text)}`);
}

/** Sends bytes that are JSON already. */
export function sendBytes(
  response: ServerResponse,
  code: number,
  bytes: Buffer,
  warnings: readonly string[] = [],
  type = JSON_TYPE,
): void {
  warn(response, warnings);
  if (bytes.length >= COMPRESSED_FROM_BYTES && mayCompress(response)) {
    const sink = compressed(response);
    response.writeHead(code, {
      'Content-Type': type,
      'Cache-Control': response.getHeader('Cache-Control') ?? 'no-cache, private',
    });
    sink.end(bytes);
    return;
  }
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'Cache-Control': response.getHeader('Cache-Control') ?? 'no-cache, private',
  });
  response.end(bytes);
}

/** Written to the socket at once; what is shorter goes out in one piece. */
const CHUNK_BYTES = 256 * 1024;

/** Sends JSON that comes in parts, as fast as the client takes it and no faster. */
export async function sendParts(response: ServerResponse, parts: Iterable<Buffer>): Promise<void> {
  let gathered: Buffer[] = [];
  let size = 0;
  const iterator = parts[Symbol.iterator]();
  let next = iterator.next();
  for (; next.done !== true && size < CHUNK_BYTES; next = iterator.next()) {
    gathered.push(next.value);
    size += next.value.length;
  }
  if (next.done === true) return sendBytes(response, 200, Buffer.concat(gathered));
  const sink = mayCompress(response) ? compressed(response) : response;
  response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Cache-Control': 'no-cache, private' });
  for (; ; next = iterator.next()) {
    if (next.done !== true) {
      gathered.push(next.value);
      size += next.value.length;
      if (size < CHUNK_BYTES) continue;
    }
    if (response.destroyed) return;
    if (!sink.write(Buffer.concat(gathered))) {
      await Promise.race([once(sink, 'drain'), once(response, 'close')]);
    }
    if (next.done === true) break;
    gathered = [];
    size = 0;
  }
  sink.end();
}

export const sendJson = (response: ServerResponse, code: number, value: unknown, type = JSON_TYPE): void =>
  sendBytes(response, code, Buffer.from(JSON.stringify(value)), [], type);

/** A refusal as its Status; one that comes while a body is still arriving closes the connection after it. */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, error: StatusError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (error.allowedMethods !== undefined) response.setHeader('Allow', error.allowedMethods.join(', '));
  if (!request.complete) response.setHeader('Connection', 'close');
  if (error.reason === 'Unauthorized') response.setHeader('WWW-Authenticate', 'Bearer realm="pinsetter"');
  if (error.details?.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', String(error.details.retryAfterSeconds));
  sendJson(response, error.code, error.toStatus());
}
