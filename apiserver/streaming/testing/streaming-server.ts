import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Pod } from '../../../shared/api/objects';
import { silentLogger } from '../../../shared/logger';
import { notFound, toStatusError } from '../../../shared/status-error';
import { aPod } from '../../../shared/testing/builders';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { createUpgrades } from '../../http/upgrades';
import { parseRequestPath } from '../../http/request-path';
import { sendRefusal } from '../../http/respond';
import { SpdyClient } from '../spdy/testing/spdy-client';
import { createStreaming } from '../streaming';
import type { FakeNode } from './fake-node';

export interface StreamingServer {
  readonly port: number;
  readonly clock: FakeClock;
  readonly pods: Map<string, Pod>;
  /** `GET` or the upgrade of a subresource of pod `web`, or another. */
  path(subresource: string, query?: string, pod?: string): string;
  /** Upgrades to SPDY as old kubectl does. */
  spdy(path: string, protocols: string): Promise<SpdyUpgrade>;
  stop(): Promise<void>;
}

export interface SpdyUpgrade {
  readonly response: IncomingMessage;
  readonly client: SpdyClient;
  readonly socket: Socket;
}

/** Streaming behind a real HTTP server on a free port, with pods in memory and a fake node. */
export async function startStreamingServer(node: FakeNode): Promise<StreamingServer> {
  const clock = new FakeClock();
  const pods = new Map([['web', aPod({ name: 'web', node: 'n1' })]]);
  const streaming = createStreaming({
    connector: node,
    pods: {
      get: (_namespace, name) => {
        const pod = pods.get(name);
        return pod === undefined
          ? Promise.reject(notFound({ group: '', resource: 'pods' }, name))
          : Promise.resolve(pod);
      },
    },
    clock,
    logger: silentLogger,
  });
  const parse = (request: IncomingMessage) => {
    const url = new URL(`http://server${request.url ?? '/'}`);
    return { path: parseRequestPath(url.pathname) ?? { group: '', version: 'v1' }, query: url.searchParams };
  };
  const server = http.createServer((request, response) => {
    const { path, query } = parse(request);
    streaming
      .handle(path, query, request, response)
      .catch((error: unknown) => sendRefusal(request, response, toStatusError(error)));
  });
  server.on(
    'upgrade',
    createUpgrades({
      channel: { claimsUpgrade: () => false, handleUpgrade: () => undefined },
      routes: {
        upgrade: (request, socket, head) => {
          const { path, query } = parse(request);
          return streaming.upgrade(path, query, request, socket, head);
        },
      },
      logger: silentLogger,
    }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    clock,
    pods,
    path: (subresource, query = '', pod = 'web') => `/api/v1/namespaces/default/pods/${pod}/${subresource}?${query}`,
    spdy: async (path, protocols) => {
      const request = http.request({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path,
        headers: { Connection: 'Upgrade', Upgrade: 'SPDY/3.1', 'X-Stream-Protocol-Version': protocols },
      });
      request.end();
      return new Promise((resolve, reject) => {
        request.once('error', reject);
        request.once('upgrade', (response, socket: Socket, head) => {
          if (head.length > 0) socket.unshift(head);
          resolve({ response, socket, client: new SpdyClient(socket) });
        });
        request.once('response', (response) => {
          void readAll(response).then((body) =>
            reject(Object.assign(new Error('refused'), { code: response.statusCode, body: body.toString() })),
          );
        });
      });
    },
    stop: async () => {
      const closing = streaming.close();
      await clock.advance(500);
      await closing;
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Bytes without a short period, the same for the same seed. */
export const someBytes = (length: number, seed = 1): Buffer => {
  const bytes = Buffer.alloc(length);
  for (let index = 0, state = seed; index < length; index++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
};
