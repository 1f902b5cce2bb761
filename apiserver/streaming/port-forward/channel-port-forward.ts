import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Clock } from '../../../shared/clock';
import { badRequest } from '../../../shared/status-error';
import type { ChannelProtocol } from '../command/channel-protocol';
import { ChannelSocket } from '../command/channel-socket';
import type { ForwardTarget } from './forward-connection';
import { forwardConnection, parsePort } from './forward-connection';

const MAX_PORTS = 64;

/** `?ports=80&ports=443` or `?ports=80,443`. Throws BadRequest. */
export function parsePorts(query: URLSearchParams): readonly number[] {
  const texts = query.getAll('ports').flatMap((text) => text.split(','));
  if (texts.length === 0) throw badRequest('query parameter "ports" is required');
  if (texts.length > MAX_PORTS) throw badRequest(`at most ${MAX_PORTS} ports can be forwarded by one request`);
  return texts.map((text) => {
    const port = parsePort(text.trim());
    if (port === undefined) throw badRequest(`invalid port ${JSON.stringify(text)}: must be between 1 and 65535`);
    return port;
  });
}

/**
 * Port-forwarding over WebSocket channels: the i-th port has channel 2i for its bytes and 2i+1 for what goes wrong, and
 * each begins with the port in 2 bytes, little-endian. One connection per port, for as long as the WebSocket lives.
 */
export async function serveChannelPortForward(
  socket: WebSocket,
  protocol: ChannelProtocol,
  target: ForwardTarget,
  { ports, clock }: { readonly ports: readonly number[]; readonly clock: Clock },
): Promise<void> {
  const channels = new ChannelSocket(socket, protocol, () => undefined, clock);
  const connections = ports.map((port, index) => {
    const number = Buffer.alloc(2);
    number.writeUInt16LE(port);
    channels.send(2 * index, number);
    channels.send(2 * index + 1, number);
    const client = channelDuplex(channels, 2 * index);
    // A channel has no end of its own that every client would see: when the pod has ended its side, all is over.
    client.once('finish', () => client.destroy());
    return { port, errors: 2 * index + 1, client };
  });
  await Promise.all(
    connections.map(async ({ port, errors, client }) => {
      const problem = await forwardConnection(target, port, client);
      if (problem !== undefined) channels.send(errors, Buffer.from(problem));
    }),
  );
  channels.close();
}

const channelDuplex = (channels: ChannelSocket, channel: number): Duplex => {
  const duplex = Duplex.from({ readable: channels.reader(channel), writable: channels.writer(channel) });
  duplex.on('error', () => undefined);
  return duplex;
};
