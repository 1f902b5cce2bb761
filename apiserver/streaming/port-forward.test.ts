import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { AgentStream } from '../../shared/wire/byte-stream';
import { StatusError } from '../../shared/status-error';
import { SUCCESS } from '../../shared/wire/stream-port';
import { SpdyClient } from './spdy/testing/spdy-client';
import { FakeNode } from './testing/fake-node';
import type { StreamingServer } from './testing/streaming-server';
import { readAll, someBytes, startStreamingServer } from './testing/streaming-server';
import { openTunnel } from './testing/tunnel-client';

const BIG = 1024 * 1024;

let node: FakeNode;
let server: StreamingServer;
beforeEach(async () => {
  node = new FakeNode();
  server = await startStreamingServer(node);
});
afterEach(() => server.stop());

/** A program that sends back what it gets, and closes when it was closed. */
const echo = (_request: unknown, stream: AgentStream): void => {
  stream.stdin.pipe(stream.stdout);
  stream.stdout.once('finish', () => stream.finish(SUCCESS));
};
const refuse = (): Promise<void> =>
  Promise.reject(new StatusError('BadRequest', 'nothing listens on port 8080: connection refused'));
const REFUSED = 'error forwarding port 8080 to pod web, uid uid-web: nothing listens on port 8080: connection refused';

const openPair = async (client: SpdyClient, requestid = '0') => {
  const error = await client.open({ streamtype: 'error', port: '8080', requestid }, true);
  const data = await client.open({ streamtype: 'data', port: '8080', requestid });
  return { error, data };
};

const overSpdy = async (): Promise<SpdyClient> =>
  (await server.spdy(server.path('portforward'), 'portforward.k8s.io')).client;
const overTunnel = async (): Promise<SpdyClient> => {
  const { tunnel } = await openTunnel(server.port, server.path('portforward'), 'SPDY/3.1+portforward.k8s.io');
  return new SpdyClient(tunnel);
};

describe.each([
  ['SPDY', overSpdy],
  ['SPDY in a WebSocket', overTunnel],
])('over %s', (_name, connect) => {
  it('carries a connection, each direction ending by itself', async () => {
    node.serve = echo;
    const client = await connect();
    const { error, data } = await openPair(client);
    await data.send(Buffer.from('ping'));
    data.end();
    expect((await data.whole).toString()).toBe('ping');
    expect((await error.whole).toString()).toBe('');
    expect(node.requests).toEqual([{ type: 'portForward', podUid: 'uid-web', port: 8080 }]);
    expect(node.open).toBe(0);
    client.close();
  });

  it('carries several connections side by side, without changing a byte', async () => {
    node.serve = echo;
    const client = await connect();
    const sent = [1, 2, 3].map((seed) => someBytes(BIG, seed));
    const pairs = await Promise.all(sent.map((_bytes, index) => openPair(client, String(index))));
    await Promise.all(
      pairs.map(async ({ data }, index) => {
        const bytes = sent[index] ?? Buffer.alloc(0);
        for (let at = 0; at < bytes.length; at += 40_000) await data.send(bytes.subarray(at, at + 40_000));
        data.end();
      }),
    );
    const received = await Promise.all(pairs.map(({ data }) => data.whole));
    expect(received.map((bytes, index) => bytes.equals(sent[index] ?? Buffer.alloc(0)))).toEqual([true, true, true]);
    client.close();
  });

  it('says on the error stream what went wrong, and goes on with other connections', async () => {
    const client = await connect();
    node.serve = refuse;
    const refused = await openPair(client, '0');
    expect((await refused.error.whole).toString()).toBe(REFUSED);
    expect((await refused.data.whole).toString()).toBe('');

    node.serve = echo;
    const { data } = await openPair(client, '1');
    await data.send(Buffer.from('still here'), true);
    expect((await data.whole).toString()).toBe('still here');
    client.close();
  });

  it('closes the connection into the pod when the client resets it', async () => {
    const client = await connect();
    const { data } = await openPair(client);
    data.cancel();
    await aborted(node.accepted[0]);
    client.close();
  });

  it('closes every connection into the pod when the client goes', async () => {
    const client = await connect();
    await openPair(client, '0');
    await openPair(client, '1');
    client.close();
    await Promise.all(node.accepted.map(aborted));
    expect(node.accepted).toHaveLength(2);
    expect(node.open).toBe(0);
  });

  it('refuses streams without a port or of another kind, and a half of a pair that comes twice', async () => {
    const client = await connect();
    expect(await (await client.open({ streamtype: 'data', port: '0', requestid: '0' })).reset).toBeGreaterThan(0);
    expect(await (await client.open({ streamtype: 'what', port: '80', requestid: '0' })).reset).toBeGreaterThan(0);
    await client.open({ streamtype: 'error', port: '80', requestid: '0' });
    const twice = await client.open({ streamtype: 'error', port: '80', requestid: '0' });
    expect(await twice.reset).toBeGreaterThan(0);
    expect(node.requests).toEqual([]);
    client.close();
  });

  it('gives up a half of a pair whose other half never comes', async () => {
    const client = await connect();
    const half = await client.open({ streamtype: 'error', port: '80', requestid: '0' });
    await server.clock.advance(30_000);
    expect(await half.reset).toBeGreaterThan(0);
    client.close();
  });

  it('answers pings', async () => {
    const client = await connect();
    client.send({ type: 'ping', id: 7 });
    const { data } = await openPair(client);
    expect(client.frames).toContainEqual({ type: 'ping', id: 7 });
    data.cancel();
    client.close();
  });
});

it("answers with the tunnel's own subprotocol", async () => {
  const { answered, tunnel } = await openTunnel(server.port, server.path('portforward'), 'SPDY/3.1+portforward.k8s.io');
  expect(answered).toBe('SPDY/3.1+portforward.k8s.io');
  tunnel.destroy();
});

describe('over WebSocket channels', () => {
  const connect = async (query: string) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${server.port}${server.path('portforward', query)}`,
      'v5.channel.k8s.io',
    );
    const channels = new Map<number, Buffer[]>();
    socket.on('message', (data: Buffer) => {
      const channel = data[0] ?? -1;
      channels.set(channel, [...(channels.get(channel) ?? []), data.subarray(1)]);
    });
    const done = once(socket, 'close').then(() => (channel: number) => Buffer.concat(channels.get(channel) ?? []));
    await once(socket, 'open');
    return { socket, done };
  };
  const portBytes = (port: number): Buffer => Buffer.from([port & 0xff, port >> 8]);

  it('begins each channel with its port, and carries each port by itself', async () => {
    node.serve = echo;
    const { socket, done } = await connect('ports=8080&ports=9090');
    const sent = [someBytes(BIG, 1), someBytes(BIG, 2)];
    for (let at = 0; at < BIG; at += 30_000)
      sent.forEach((bytes, index) =>
        socket.send(Buffer.concat([Buffer.from([2 * index]), bytes.subarray(at, at + 30_000)])),
      );
    socket.send(Buffer.from([255, 0]));
    socket.send(Buffer.from([255, 2]));
    const received = await done;
    expect(received(0).equals(Buffer.concat([portBytes(8080), sent[0] ?? Buffer.alloc(0)]))).toBe(true);
    expect(received(2).equals(Buffer.concat([portBytes(9090), sent[1] ?? Buffer.alloc(0)]))).toBe(true);
    expect([received(1), received(3)]).toEqual([portBytes(8080), portBytes(9090)]);
    expect(node.open).toBe(0);
  });

  it('says on the error channel what went wrong', async () => {
    node.serve = refuse;
    const { done } = await connect('ports=8080');
    expect((await done)(1).subarray(2).toString()).toBe(REFUSED);
  });

  it('is over when the pod has ended its side', async () => {
    node.serve = (_request, stream) => void stream.stdout.end('bye');
    const { done } = await connect('ports=8080');
    expect((await done)(0).subarray(2).toString()).toBe('bye');
    await aborted(node.accepted[0]);
    expect(node.open).toBe(0);
  });

  it('closes the connection into the pod when the client goes', async () => {
    const { socket } = await connect('ports=8080');
    socket.terminate();
    await aborted(node.accepted[0]);
  });

  it.each([
    ['', 'query parameter "ports" is required'],
    ['ports=0', 'invalid port "0": must be between 1 and 65535'],
    ['ports=80,http', 'invalid port "http": must be between 1 and 65535'],
  ])('refuses ?%s', async (query, message) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${server.port}${server.path('portforward', query)}`,
      'v4.channel.k8s.io',
    );
    socket.on('error', () => undefined);
    const [, response] = (await once(socket, 'unexpected-response')) as [
      unknown,
      NodeJS.ReadableStream & { statusCode: number },
    ];
    expect(response.statusCode).toBe(400);
    expect(JSON.parse((await readAll(response)).toString())).toMatchObject({ reason: 'BadRequest', message });
  });
});

async function aborted(stream: AgentStream | undefined): Promise<void> {
  if (stream === undefined) throw new Error('no stream was accepted');
  if (!stream.signal.aborted) await once(stream.signal, 'abort');
}

it('lets go of clients that would stay, when the server stops', async () => {
  const client = await overSpdy();
  const { error } = await openPair(client);
  await server.stop();
  await aborted(node.accepted[0]);
  expect(error.received().length).toBe(0);
  server = await startStreamingServer(node);
});
