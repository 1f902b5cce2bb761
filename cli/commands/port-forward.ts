import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { ApiClient } from '../client/api-client';
import { UsageError } from '../client/resources';
import { errorCodeOf } from '../../shared/error-code';
import { podNameOf } from '../targets';
import type { Command, Context, Flags } from './command';
import { text, words } from './command';

const DATA = 0;
const PROTOCOL = 'v4.channel.k8s.io';
/** Each channel begins with its port in two bytes, little endian. */
const PORT_BYTES = 2;

interface Mapping {
  /** 0: any that is free. */
  readonly local: number;
  readonly remote: number;
}

export const portForward: Command = {
  name: 'port-forward',
  usage: 'port-forward <pod> <ports..>',
  describe: 'reach ports of a pod from here',
  build: (yargs) => yargs.option('address', { type: 'string', default: '127.0.0.1', describe: 'where to listen' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const pod = podNameOf(text(flags, 'pod') ?? '');
  const address = text(flags, 'address') ?? '127.0.0.1';
  const path = `/api/v1/namespaces/${encodeURIComponent(context.namespace)}/pods/${encodeURIComponent(pod)}`;
  // A pod that is not there is said now, not at the first connection.
  await context.client().json({ path });
  const servers: Server[] = [];
  for (const mapping of words(flags, 'ports').map(parseMapping)) {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      context.out(`Handling connection for ${mapping.local === 0 ? mapping.remote : mapping.local}\n`);
      carry(context.client(), `${path}/portforward`, mapping.remote, socket).catch((error: unknown) => {
        context.note(`error: port ${mapping.remote}: ${error instanceof Error ? error.message : String(error)}\n`);
        socket.destroy();
      });
    });
    await listen(server, mapping.local, address);
    servers.push(server);
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : mapping.local;
    context.out(`Forwarding from ${address}:${port} -> ${mapping.remote}\n`);
  }
  const { signal } = context.environment;
  if (!signal.aborted) await once(signal, 'abort');
  for (const server of servers) server.close();
}

/** `8080:80`, `80` or `:80`. Throws UsageError. */
export function parseMapping(given: string): Mapping {
  const match = /^(?:(\d*):)?(\d+)$/.exec(given);
  const remote = Number(match?.[2]);
  const local = match?.[1] === undefined ? remote : Number(match[1]);
  if (match === null || remote < 1 || remote > 65_535 || local > 65_535)
    throw new UsageError(`"${given}" is no port: must be LOCAL:REMOTE, REMOTE or :REMOTE`);
  return { local, remote };
}

async function listen(server: Server, port: number, address: string): Promise<void> {
  server.listen(port, address);
  try {
    await once(server, 'listening');
  } catch (error) {
    if (errorCodeOf(error) === 'EADDRINUSE')
      throw new UsageError(
        `${address}:${port} is in use here: choose another with LOCAL:REMOTE, or :REMOTE for any that is free`,
      );
    throw error;
  }
}

/** One connection over one WebSocket: channel 0 is data, channel 1 what went wrong. */
async function carry(client: ApiClient, path: string, port: number, socket: Socket): Promise<void> {
  socket.pause();
  socket.on('error', () => undefined);
  const tunnel = await client.socket(path, new URLSearchParams({ ports: String(port) }), [PROTOCOL]);
  const begun = new Set<number>();
  tunnel.on('message', (data: Buffer) => {
    const channel = data[0] ?? DATA;
    const body = begun.has(channel) ? data.subarray(1) : data.subarray(1 + PORT_BYTES);
    begun.add(channel);
    if (body.length === 0) return;
    if (channel !== DATA) {
      socket.destroy(new Error(body.toString('utf8')));
      return;
    }
    if (socket.write(body)) return;
    tunnel.pause();
    socket.once('drain', () => tunnel.resume());
  });
  tunnel.on('close', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    socket.pause();
    tunnel.send(Buffer.concat([Buffer.from([DATA]), chunk]), () => socket.resume());
  });
  socket.on('close', () => tunnel.close());
  socket.resume();
  await once(tunnel, 'close');
}
