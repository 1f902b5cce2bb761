import type { IncomingMessage, ServerOptions, ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ClusterAuthority } from '../auth/cluster-authority';

const HEADERS_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 60_000;
const IDLE_TIMEOUT_MS = 120_000;
const MAX_HEADER_BYTES = 64 * 1024;

/** Asks every client for a certificate, and takes those that have none: who they are, they may say otherwise. */
export const createHttpsServer = (
  authority: Pick<ClusterAuthority, 'server' | 'caCertificatePem'>,
  options: ServerOptions,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): https.Server =>
  https.createServer(
    {
      ...options,
      key: authority.server.keyPem,
      // Leaf and CA: a joining agent finds there the CA that its token pins.
      cert: `${authority.server.certificatePem}\n${authority.caCertificatePem}`,
      ca: authority.caCertificatePem,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: BODY_TIMEOUT_MS,
      keepAliveTimeout: IDLE_TIMEOUT_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    handle,
  );

/** The port that a listening server has. */
export const portOf = (server: https.Server): number => (server.address() as AddressInfo).port;

/** Rejects with what to do where the port is taken. */
export function listen(
  server: https.Server,
  { bindAddress, port }: { readonly bindAddress: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`${bindAddress}:${port} is in use: stop what listens there, or choose another port with --port`, {
              cause: error,
            })
          : error,
      ),
    );
    server.listen(port, bindAddress, () => resolve());
  });
}
