import fc from 'fast-check';
import { seededRandom } from '../random';
import { StatusError } from '../status-error';
import { settle } from '../testing/fake-clock';
import { AgentStreams } from './agent-streams';
import type { AgentStream, ServerStream } from './byte-stream';
import type { StreamCredit, StreamData, StreamEnd, StreamRequest } from './node-channel';
import { STREAM_WINDOW_BYTES } from './node-channel';
import { ServerStreams } from './server-streams';
import { SUCCESS } from './stream-port';

const REQUEST: StreamRequest = { type: 'portForward', podUid: 'uid-web', port: 80 };

/** Two multiplexers joined by a line that delivers in order, as much at a time as `turn` says. */
class Line {
  private readonly toAgent: (() => void)[] = [];
  private readonly toServer: (() => void)[] = [];
  readonly accepted: AgentStream[] = [];
  cut = false;
  readonly agent: AgentStreams = new AgentStreams(
    this.port(this.toServer, () => this.server),
    (_request, stream) => this.accept(stream),
  );
  readonly server: ServerStreams = new ServerStreams({
    ...this.port(this.toAgent, () => this.agent),
    open: async (message) => {
      const answer = await this.agent.onOpen(message);
      return answer;
    },
  });

  accept = (stream: AgentStream): Promise<void> => {
    this.accepted.push(stream);
    return Promise.resolve();
  };

  async openPair(): Promise<{ server: ServerStream; agent: AgentStream }> {
    const server = await this.server.open(REQUEST);
    const agent = this.accepted.at(-1);
    if (agent === undefined) throw new Error('nothing was accepted');
    return { server, agent };
  }

  /** Delivers up to `count` messages of each direction. */
  turn(count: number): void {
    for (let i = 0; i < count; i++) {
      this.toAgent.shift()?.();
      this.toServer.shift()?.();
    }
  }

  get idle(): boolean {
    return this.toAgent.length + this.toServer.length === 0;
  }

  private port(queue: (() => void)[], other: () => AgentStreams | ServerStreams) {
    const push = (deliver: () => void): void => void (this.cut ? undefined : queue.push(deliver));
    return {
      data: (message: StreamData) => push(() => other().onData({ ...message, data: Buffer.from(message.data) })),
      end: (message: StreamEnd) => push(() => other().onEnd(message)),
      credit: (message: StreamCredit) => push(() => other().onCredit(message)),
    };
  }
}

/** Runs the line until nothing moves any more. */
async function runOut(line: Line, size: () => number = () => 7): Promise<void> {
  for (let still = 0; still < 3; still = line.idle ? still + 1 : 0) {
    line.turn(size());
    await settle();
  }
}

async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const bytes = (length: number, seed: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8) * 7 + seed) & 0xff));

it('delivers every byte in order on every channel, however messages and reads interleave', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 300_000 }), { maxLength: 6 }),
      fc.integer(),
      async (down, up, seed) => {
        const random = seededRandom(seed);
        const line = new Line();
        const { server, agent } = await line.openPair();
        const sent = (sizes: readonly number[]): Buffer[] => sizes.map((size, index) => bytes(size, index + seed));
        const [downward, upward] = [sent(down), sent(up)];
        const arrived = Promise.all([readAll(agent.stdin), readAll(server.stdout), readAll(server.stderr)]);
        for (const chunk of downward) server.stdin.write(chunk);
        server.stdin.end();
        for (const chunk of upward) agent.stdout.write(chunk);
        for (const chunk of upward) agent.stderr.write(chunk);
        agent.finish(SUCCESS);

        const running = runOut(line, () => 1 + Math.floor(random.next() * 9));
        const [stdin, stdout, stderr] = await arrived;
        await running;
        expect(stdout.equals(Buffer.concat(upward))).toBe(true);
        expect(stderr.equals(Buffer.concat(upward))).toBe(true);
        // The agent may finish before it read all of stdin: what it got is a beginning of what was sent.
        expect(Buffer.concat(downward).subarray(0, stdin.length).equals(stdin)).toBe(true);
        expect(await server.result).toEqual(SUCCESS);
        expect(line.server.size + line.agent.size).toBe(0);
      },
    ),
    { numRuns: 25 },
  );
});

it('holds a sender at one window while nobody reads', async () => {
  const line = new Line();
  const { server, agent } = await line.openPair();
  let accepted = 0;
  const chunk = Buffer.alloc(32 * 1024);
  const fill = (): void => {
    for (let more = true; more && accepted < 64 * STREAM_WINDOW_BYTES; accepted += chunk.length) {
      more = agent.stdout.write(chunk);
    }
  };
  agent.stdout.on('drain', fill);
  fill();
  await runOut(line);

  expect(accepted).toBeLessThanOrEqual(2 * STREAM_WINDOW_BYTES);
  expect(agent.stdout.writableLength).toBeLessThanOrEqual(2 * 64 * 1024);
  expect(server.stdout.readableLength).toBeLessThanOrEqual(2 * 64 * 1024);
});

it('closes each channel by itself', async () => {
  const line = new Line();
  const { server, agent } = await line.openPair();
  server.stdin.end('question');
  const question = readAll(agent.stdin);
  await runOut(line);
  expect((await question).toString()).toBe('question');

  agent.stdout.end('answer');
  const answer = readAll(server.stdout);
  await runOut(line);
  expect((await answer).toString()).toBe('answer');
  expect(agent.signal.aborted).toBe(false);
});

it('hands the final status over behind everything written', async () => {
  const line = new Line();
  const { server, agent } = await line.openPair();
  const failed = new StatusError('InternalError', 'command terminated with exit code 7').toStatus();
  agent.stdout.write('last words');
  agent.finish(failed);
  await runOut(line);

  expect((await readAll(server.stdout)).toString()).toBe('last words');
  expect(await server.result).toEqual(failed);
});

it('tells the agent that the server gave up, and ends the server side', async () => {
  const line = new Line();
  const { server, agent } = await line.openPair();
  server.close();
  server.close();
  await runOut(line);

  expect(agent.signal.aborted).toBe(true);
  expect((await server.result).status).toBe('Failure');
  expect(line.server.size + line.agent.size).toBe(0);
});

it('ends both sides when the connection is lost, keeping what had arrived readable', async () => {
  const line = new Line();
  const { server, agent } = await line.openPair();
  agent.stdout.write('so far');
  await runOut(line);
  line.cut = true;
  line.server.connectionClosed();
  line.agent.connectionClosed();

  expect(agent.signal.aborted).toBe(true);
  expect((await server.result).reason).toBe('ServiceUnavailable');
  expect((await readAll(server.stdout)).toString()).toBe('so far');
  await expect(line.server.open(REQUEST)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
});

it('throws the status an agent refuses a stream with', async () => {
  const line = new Line();
  line.accept = () => Promise.reject(new StatusError('NotFound', 'container "app" is not there'));
  await expect(line.server.open(REQUEST)).rejects.toMatchObject({ reason: 'NotFound' });
  expect(line.server.size + line.agent.size).toBe(0);
});

it('ends a stream whose sender ignores the window', async () => {
  const line = new Line();
  const { server } = await line.openPair();
  const data = Buffer.alloc(STREAM_WINDOW_BYTES);
  line.server.onData({ streamId: 1, channel: 1, data });
  line.server.onData({ streamId: 1, channel: 1, data });
  line.server.onData({ streamId: 1, channel: 1, data });
  expect(await server.result).toMatchObject({ status: 'Failure', reason: 'BadRequest' });
});

it('passes terminal sizes on, also one that came early, and ignores nonsense', async () => {
  const line = new Line();
  const { server, agent } = await line.openPair();
  const sizes: unknown[] = [];
  server.resize({ width: 80, height: 24 });
  await runOut(line);
  agent.onResize((size) => sizes.push(size));
  line.agent.onData({ streamId: 1, channel: 4, data: Buffer.from('{"Width":-1}') });
  line.agent.onData({ streamId: 1, channel: 4, data: Buffer.from('nonsense') });
  server.resize({ width: 100, height: 30 });
  await runOut(line);
  expect(sizes).toEqual([
    { width: 80, height: 24 },
    { width: 100, height: 30 },
  ]);
});
