import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { systemClock } from '../../../../shared/clock';
import { openClusterAuthority } from '../../../auth/cluster-authority';

/** What a webhook answers to a review; undefined: it is out of order. */
export type Respond = (path: string, review: unknown) => object | undefined;

export interface TestWebhooks {
  readonly origin: string;
  /** For a clientConfig. */
  readonly caBundle: string;
  stop(): void;
}

/** A real HTTPS server that answers reviews. */
export async function startWebhooks(respond: Respond): Promise<TestWebhooks> {
  const folder = mkdtempSync(path.join(tmpdir(), 'pinsetter-webhooks-'));
  const authority = await openClusterAuthority({ folder, clock: systemClock, names: ['localhost'] });
  const { keyPem: key, certificatePem: cert } = authority.server;
  const server = https.createServer({ key, cert }, (request, response) => {
    const at = new URL(request.url ?? '/', 'https://webhook').pathname;
    void json(request).then((review) => {
      const answer = respond(at, review);
      if (answer === undefined) response.writeHead(500).end('out of order');
      else response.end(JSON.stringify(answer));
    });
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    caBundle: Buffer.from(authority.caCertificatePem).toString('base64'),
    stop() {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    },
  };
}
