import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type { Status } from '../../shared/status-error';
import { StatusError } from '../../shared/status-error';
import { aPod } from '../../shared/testing/builders';
import { SUCCESS } from '../../shared/wire/stream-port';
import { FakeNode } from './testing/fake-node';
import type { StreamingServer } from './testing/streaming-server';
import { readAll, someBytes, startStreamingServer } from './testing/streaming-server';

const EXIT_3: Status = new StatusError('NonZeroExitCode', 'command terminated with non-zero exit code: exit status 3', {
  causes: [{ reason: 'ExitCode', message: '3' }],
}).toStatus();
const ALL = 'command=sh&stdin=true&stdout=true&stderr=true';
const BIG = 4 * 1024 * 1024;

let node: FakeNode;
let server: StreamingServer;
beforeEach(async () => {
  node = new FakeNode();
  server = await startStreamingServer(node);
});
afterEach(() => server.stop());

/** What a WebSocket client got, by channel, until the server closed. */
interface Got {
  readonly text: (channel: number) => string;
  readonly bytes: (channel: number) => Buffer;
  readonly closeCode: number;
}

function connect(query: string, protocols: string | readonly string[]) {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${server.path('exec', query)}`, [...[protocols].flat()]);
  const channels = new Map<number, Buffer[]>();
  socket.on('message', (data: Buffer, isBinary) => {
    const isText = !isBinary;
    const channel = isText ? Number(data.toString('latin1', 0, 1)) : (data[0] ?? -1);
    const rest = isText ? Buffer.from(data.toString('latin1', 1), 'base64') : data.subarray(1);
    channels.set(channel, [...(channels.get(channel) ?? []), rest]);
  });
  const bytes = (channel: number): Buffer => Buffer.concat(channels.get(channel) ?? []);
  const done = new Promise<Got>((resolve) => {
    socket.on('close', (closeCode) => resolve({ bytes, text: (channel) => bytes(channel).toString(), closeCode }));
    socket.on('error', () => undefined);
  });
  return { socket, done, bytes };
}

const refusalOf = (query: string, pod = 'web', headers: Record<string, string> = {}) =>
  new Promise<{ code: number; status: Status }>((resolve, reject) => {
    const socket = new WebSocket(
      `ws://127.0.0.1:${server.port}${server.path('exec', query, pod)}`,
      'v5.channel.k8s.io',
      {
        headers,
      },
    );
    socket.once('open', () => reject(new Error('it was not refused')));
    socket.once('error', () => undefined);
    socket.once('unexpected-response', (_request, response) => {
      void readAll(response).then((body) =>
        resolve({ code: response.statusCode ?? 0, status: JSON.parse(body.toString()) as Status }),
      );
    });
  });

/** A command that prints its input in capitals, its length on stderr, and ends as told. */
const shout =
  (outcome: Status) =>
  (_request: unknown, stream: AgentStream): void => {
    void readAll(stream.stdin).then((input) => {
      stream.stdout.write(input.toString().toUpperCase());
      stream.stderr.write(String(input.length));
      stream.finish(outcome);
    });
  };

describe('over WebSocket', () => {
  it.each(['v5.channel.k8s.io'])('carries input, both outputs and the exit code (%s)', async (protocol) => {
    node.serve = shout(EXIT_3);
    const { socket, done } = connect(ALL, protocol);
    await once(socket, 'open');
    socket.send(Buffer.from('\0hello '));
    socket.send(Buffer.from('\0world'));
    socket.send(Buffer.from([255, 0]));

    const got = await done;
    expect(socket.protocol).toBe(protocol);
    expect([got.text(1), got.text(2)]).toEqual(['HELLO WORLD', '11']);
    expect(JSON.parse(got.text(3))).toEqual(EXIT_3);
    expect(got.closeCode).toBe(1000);
    expect(node.open).toBe(0);
    expect(node.requests).toEqual([
      {
        type: 'exec',
        podUid: 'uid-web',
        container: 'app',
        command: ['sh'],
        stdin: true,
        stdout: true,
        stderr: true,
        tty: false,
      },
    ]);
  });

  const failed: Status = new StatusError('InternalError', 'no such program').toStatus();
  it.each([
    ['v4.channel.k8s.io', (text: string) => JSON.parse(text) as unknown, failed],
    ['v4.base64.channel.k8s.io', (text: string) => JSON.parse(text) as unknown, failed],
    ['channel.k8s.io', (text: string) => text, 'no such program'],
    ['base64.channel.k8s.io', (text: string) => text, 'no such program'],
  ])('tells a failure as %s does', async (protocol, read, expected) => {
    node.serve = (_request, stream) => {
      stream.stdout.write('some');
      stream.finish(failed);
    };
    const got = await connect(ALL, protocol).done;
    expect(got.text(1)).toBe('some');
    expect(read(got.text(3))).toEqual(expected);
  });

  it('speaks the plain channels with a client that names no protocol', async () => {
    node.serve = (_request, stream) => {
      stream.stdout.write('ok');
      stream.finish(SUCCESS);
    };
    const { done } = connect(ALL, []);
    const got = await done;
    expect([got.text(1), got.text(3)]).toEqual(['ok', '']);
  });

  it("takes the client's best protocol of those it knows", async () => {
    node.serve = (_request, stream) => stream.finish(SUCCESS);
    const { socket, done } = connect(ALL, ['v9.channel.k8s.io', 'v4.channel.k8s.io', 'channel.k8s.io']);
    await done;
    expect(socket.protocol).toBe('v4.channel.k8s.io');
  });

  it('decodes base64 input', async () => {
    const { socket } = connect(ALL, 'v4.base64.channel.k8s.io');
    await once(socket, 'open');
    socket.send(`0${Buffer.from('grüße').toString('base64')}`);
    const [chunk] = (await once(node.accepted[0]?.stdin ?? socket, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('grüße');
    socket.terminate();
  });

  it('passes terminal sizes on, and has one output', async () => {
    const sizes: unknown[] = [];
    node.serve = (_request, stream) => {
      stream.onResize((size) => {
        sizes.push(size);
        if (sizes.length === 2) stream.finish(SUCCESS);
      });
    };
    const { socket, done } = connect(`${ALL}&tty=true`, 'v5.channel.k8s.io');
    await once(socket, 'open');
    socket.send(Buffer.from('\x04{"Width":77,"Height":33}'));
    socket.send(Buffer.from('\x04no size at all'));
    socket.send(Buffer.from('\x04{"Width":80,"Height":24}'));
    await done;
    expect(sizes).toEqual([
      { width: 77, height: 33 },
      { width: 80, height: 24 },
    ]);
    expect(node.requests[0]).toMatchObject({ tty: true, stderr: false });
  });

  it('moves megabytes both ways without changing a byte', async () => {
    node.serve = (_request, stream) => {
      stream.stdin.pipe(stream.stdout);
      stream.stdout.once('finish', () => stream.finish(SUCCESS));
    };
    const { socket, done } = connect(ALL, 'v5.channel.k8s.io');
    await once(socket, 'open');
    const sent = someBytes(BIG);
    for (let at = 0; at < sent.length; at += 50_000)
      socket.send(Buffer.concat([Buffer.from([0]), sent.subarray(at, at + 50_000)]));
    socket.send(Buffer.from([255, 0]));
    expect((await done).bytes(1).equals(sent)).toBe(true);
  });

  it('holds the command back while the client does not read', async () => {
    let written = 0;
    node.serve = (_request, stream) => {
      const chunk = Buffer.alloc(64 * 1024);
      const fill = (): void => {
        while (written < 64 * 1024 * 1024) {
          written += chunk.length;
          if (!stream.stdout.write(chunk)) return;
        }
      };
      stream.stdout.on('drain', fill);
      fill();
    };
    const { socket } = connect(ALL, 'v5.channel.k8s.io');
    await once(socket, 'open');
    socket.pause();
    const settled = await whenStill(() => written);
    expect(settled).toBeLessThan(16 * 1024 * 1024);
    socket.terminate();
  });

  it('holds the client back while the command does not read', async () => {
    const { socket } = connect(ALL, 'v5.channel.k8s.io');
    await once(socket, 'open');
    const message = Buffer.alloc(64 * 1024);
    for (let sent = 0; sent < 32 * 1024 * 1024; sent += message.length) socket.send(message);
    await whenStill(() => socket.bufferedAmount);
    expect(socket.bufferedAmount).toBeGreaterThan(8 * 1024 * 1024);
    socket.terminate();
  });

  it('tells the command that its client is gone', async () => {
    const { socket } = connect(ALL, 'v5.channel.k8s.io');
    await once(socket, 'open');
    const stream = node.accepted[0];
    socket.terminate();
    await aborted(stream);
    expect(node.open).toBe(0);
  });

  it('ends with why when the node is lost', async () => {
    const { socket, done } = connect(ALL, 'v5.channel.k8s.io');
    await once(socket, 'open');
    node.lose();
    expect(JSON.parse((await done).text(3))).toMatchObject({ status: 'Failure', reason: 'ServiceUnavailable' });
  });

  it('gives up a client that answers no ping', async () => {
    const { socket } = connect(ALL, 'v5.channel.k8s.io');
    socket.pong = () => undefined;
    await once(socket, 'open');
    const deaf = once(socket, 'close');
    // Deaf and dumb, but connected: its automatic answers are cut off at the transport.
    socket.pause();
    await server.clock.advance(30_000);
    await server.clock.advance(30_000);
    await aborted(node.accepted[0]);
    socket.resume();
    await deaf;
    expect(server.clock.pending).toBe(0);
  });
});

describe('over SPDY', () => {
  const openAll = async (names: readonly string[], query = ALL) => {
    const { client, response } = await server.spdy(server.path('exec', query), 'v5.channel.k8s.io, v4.channel.k8s.io');
    const streams = new Map(
      await Promise.all(names.map(async (streamtype) => [streamtype, await client.open({ streamtype })] as const)),
    );
    const stream = (name: string) => {
      const found = streams.get(name);
      if (found === undefined) throw new Error(`no stream ${name} was opened`);
      return found;
    };
    return { client, response, stream };
  };

  it('carries input, both outputs and the exit code', async () => {
    node.serve = shout(EXIT_3);
    const { stream, response } = await openAll(['error', 'stdin', 'stdout', 'stderr']);
    expect(response.headers['x-stream-protocol-version']).toBe('v4.channel.k8s.io');
    await stream('stdin').send(Buffer.from('hello'), true);

    expect((await stream('stdout').whole).toString()).toBe('HELLO');
    expect((await stream('stderr').whole).toString()).toBe('5');
    expect(JSON.parse((await stream('error').whole).toString())).toEqual(EXIT_3);
    expect(node.open).toBe(0);
  });

  it('passes terminal sizes on, and has one output', async () => {
    const sizes: unknown[] = [];
    node.serve = (_request, stream) => {
      stream.onResize((size) => {
        sizes.push(size);
        if (sizes.length === 3) stream.finish(SUCCESS);
      });
    };
    const { stream } = await openAll(['error', 'stdin', 'stdout', 'resize'], `${ALL}&tty=true`);
    await stream('resize').send(Buffer.from('{"Width":77,"Height":33}\n{"Width":78,'));
    await stream('resize').send(Buffer.from('"Height":33}{"Width":79,"Height":34}'));
    await stream('error').whole;
    expect(sizes).toEqual([
      { width: 77, height: 33 },
      { width: 78, height: 33 },
      { width: 79, height: 34 },
    ]);
  });

  it('moves megabytes both ways without changing a byte', async () => {
    node.serve = (_request, stream) => {
      stream.stdin.pipe(stream.stdout);
      stream.stdout.once('finish', () => stream.finish(SUCCESS));
    };
    const { stream } = await openAll(['error', 'stdin', 'stdout', 'stderr']);
    const sent = someBytes(BIG);
    for (let at = 0; at < sent.length; at += 50_000) await stream('stdin').send(sent.subarray(at, at + 50_000));
    stream('stdin').end();
    expect((await stream('stdout').whole).equals(sent)).toBe(true);
  });

  it('refuses streams it does not expect', async () => {
    const { client } = await server.spdy(server.path('exec', 'command=ls&stdout=true'), 'v4.channel.k8s.io');
    expect(await (await client.open({ streamtype: 'stdin' })).reset).toBeGreaterThan(0);
    client.close();
    await aborted(node.accepted[0]);
  });

  it('gives up a client that never opens its streams', async () => {
    const { client, socket } = await server.spdy(server.path('exec', ALL), 'v4.channel.k8s.io');
    await client.open({ streamtype: 'error' });
    const closed = once(socket, 'close');
    await server.clock.advance(30_000);
    await aborted(node.accepted[0]);
    await closed;
    expect(server.clock.pending).toBe(0);
  });

  it('tells the command that its client is gone', async () => {
    const { client } = await openAll(['error', 'stdin', 'stdout', 'stderr']);
    client.close();
    await aborted(node.accepted[0]);
    expect(node.open).toBe(0);
  });

  it('refuses a client with which it has no protocol in common', async () => {
    await expect(server.spdy(server.path('exec', ALL), 'channel.k8s.io')).rejects.toMatchObject({ code: 403 });
    expect(node.requests).toEqual([]);
  });
});

describe('before the upgrade', () => {
  it.each([
    ['an unknown pod', ALL, 'none', 404, 'pods "none" not found'],
    ['a container the pod has not', `${ALL}&container=x`, 'web', 400, 'container x is not valid for pod web'],
    [
      'no choice among several containers',
      ALL,
      'two',
      400,
      'a container name must be specified for pod two, choose one of: [a b]',
    ],
    ['no command', 'stdout=true', 'web', 422, 'PodExecOptions "web" is invalid: command: Required value'],
    ['no stream', 'command=ls', 'web', 400, 'you must specify at least 1 of stdin, stdout, stderr'],
    ['a pod that is nowhere yet', ALL, 'pending', 400, 'pod pending does not have a host assigned'],
  ])('refuses %s', async (_what, query, pod, code, message) => {
    server.pods.set('two', aPod({ name: 'two', node: 'n1', containers: [{ name: 'a' }, { name: 'b' }] }));
    server.pods.set('pending', aPod({ name: 'pending' }));
    const refusal = await refusalOf(query, pod);
    expect(refusal).toMatchObject({ code, status: { kind: 'Status', message } });
    expect(node.requests).toEqual([]);
  });

  it('says in the words of Kubernetes that a container does not run', async () => {
    node.serve = () => Promise.reject(new StatusError('NotFound', 'container not found ("app")'));
    expect(await refusalOf(ALL)).toMatchObject({
      code: 404,
      status: { reason: 'NotFound', message: 'unable to upgrade connection: container not found ("app")' },
    });
  });

  it('takes the container that an annotation names as the default', async () => {
    const pod = aPod({ name: 'two', node: 'n1', containers: [{ name: 'a' }, { name: 'b' }] });
    pod.metadata.annotations = { 'kubectl.kubernetes.io/default-container': 'b' };
    server.pods.set('two', pod);
    node.serve = () => Promise.reject(new StatusError('NotFound', 'gone'));
    await refusalOf(ALL, 'two');
    expect(node.requests[0]).toMatchObject({ container: 'b' });
  });
});

async function aborted(stream: AgentStream | undefined): Promise<void> {
  if (stream === undefined) throw new Error('no stream was accepted');
  if (!stream.signal.aborted) await once(stream.signal, 'abort');
}

/** Resolves with a figure that has stopped moving: real sockets have no virtual time. */
async function whenStill(figure: () => number): Promise<number> {
  for (let still = 0, last = figure(); still < 5;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    still = figure() === last ? still + 1 : 0;
    last = figure();
  }
  return figure();
}
