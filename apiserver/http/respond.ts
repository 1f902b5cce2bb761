import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StatusError } from '../../shared/status-error';

export const JSON_TYPE = 'application/json';

/** Sends bytes that are JSON already. */
export function sendBytes(
  response: ServerResponse,
  code: number,
  bytes: Buffer,
  warnings: readonly string[] = [],
  type = JSON_TYPE,
): void {
  if (warnings.length > 0)
    response.setHeader(
      'Warning',
      warnings.map((text) => `299 - ${JSON.stringify(text)}`),
    );
  response.writeHead(code, {
    'Content-Type': type,
    'Content-Length': bytes.length,
    'Cache-Control': 'no-cache, private',
  });
  response.end(bytes);
}

export const sendJson = (response: ServerResponse, code: number, value: unknown, type = JSON_TYPE): void =>
  sendBytes(response, code, Buffer.from(JSON.stringify(value)), [], type);

/** A refusal as its Status; one that comes while a body is still arriving closes the connection after it. */
export function sendRefusal(request: IncomingMessage, response: ServerResponse, error: StatusError): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (!request.complete) response.setHeader('Connection', 'close');
  if (error.reason === 'Unauthorized') response.setHeader('WWW-Authenticate', 'Bearer realm="pinsetter"');
  if (error.details?.retryAfterSeconds !== undefined)
    response.setHeader('Retry-After', String(error.details.retryAfterSeconds));
  sendJson(response, error.code, error.toStatus());
}
