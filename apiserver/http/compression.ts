import type { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { constants, createGzip } from 'node:zlib';

/** What is shorter is sent as it is, as Kubernetes does: compressing would cost more than it gains. */
export const COMPRESSED_FROM_BYTES = 128 * 1024;

/** Whether the answer to this request may be compressed: the client says so, and reads. */
export function mayCompress({ req }: ServerResponse): boolean {
  if (req.method !== 'GET') return false;
  const header = req.headers['accept-encoding'];
  return (
    typeof header === 'string' &&
    header.split(',').some((token) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(token))
  );
}

/**
 * Where to write an answer so that it goes out compressed, at the client's pace; for before the head is written.
 * The work is done by threads of zlib, beside the event loop.
 */
export function compressed(response: ServerResponse): Writable {
  response.setHeader('Content-Encoding', 'gzip');
  response.appendHeader('Vary', 'Accept-Encoding');
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  gzip.pipe(response);
  response.once('close', () => gzip.destroy());
  return gzip;
}
