import type { Status } from '../status-error';
import { StatusError, toStatusError } from '../status-error';
import type { AgentStream } from './byte-stream';
import type { Ack, StreamCredit, StreamData, StreamEnd, StreamOpen, StreamRequest } from './node-channel';
import { STREAM_ERROR, STREAM_RESIZE, STREAM_STDERR, STREAM_STDIN, STREAM_STDOUT } from './node-channel';
import type { StreamEndpoint, StreamPort } from './stream-port';
import { MAX_STREAMS } from './stream-port';
import { StreamReceiver } from './stream-receiver';
import { StreamSender } from './stream-sender';

type Size = { readonly width: number; readonly height: number };

/** The agent's end of all streams of one connection. */
export class AgentStreams {
  private readonly streams = new Map<number, AgentEnd>();

  constructor(
    private readonly port: StreamPort,
    /** Resolves when the stream is accepted, rejects to refuse it. */
    private readonly accept: (request: StreamRequest, stream: AgentStream) => Promise<void>,
  ) {}

  get size(): number {
    return this.streams.size;
  }

  /** The answer to the server's request for a stream. Never rejects. */
  async onOpen({ streamId, request }: StreamOpen): Promise<Ack<true>> {
    if (this.streams.has(streamId) || this.streams.size >= MAX_STREAMS) {
      return { status: new StatusError('TooManyRequests', 'the agent has too many streams open').toStatus() };
    }
    const stream = new AgentEnd(streamId, this.port, () => this.streams.delete(streamId));
    this.streams.set(streamId, stream);
    try {
      await this.accept(request, stream);
      return { ok: true };
    } catch (error) {
      stream.gaveUp('the stream was refused');
      return { status: toStatusError(error).toStatus() };
    }
  }

  onData(message: StreamData): void {
    const stream = this.streams.get(message.streamId);
    if (stream === undefined || stream.onData(message)) return;
    const status = new StatusError(
      'BadRequest',
      'the server sent more than the window of the stream allows',
    ).toStatus();
    this.port.end({ streamId: message.streamId, status });
    stream.gaveUp('the server broke the window of the stream');
  }

  onEnd(message: StreamEnd): void {
    this.streams.get(message.streamId)?.onEnd(message);
  }

  onCredit(message: StreamCredit): void {
    this.streams.get(message.streamId)?.onCredit(message);
  }

  /** The connection is gone: every stream's signal aborts. Idempotent. */
  connectionClosed(): void {
    for (const stream of [...this.streams.values()]) stream.gaveUp('the connection to the server was lost');
  }
}

class AgentEnd implements AgentStream, StreamEndpoint {
  readonly stdin: StreamReceiver;
  readonly stdout: StreamSender;
  readonly stderr: StreamSender;
  private readonly abort = new AbortController();
  private resizeHandler: ((size: Size) => void) | undefined;
  private lastSize: Size | undefined;
  private finishing = false;
  private over = false;

  constructor(
    private readonly streamId: number,
    private readonly port: StreamPort,
    private readonly forget: () => void,
  ) {
    const sender = (channel: typeof STREAM_STDOUT | typeof STREAM_STDERR): StreamSender =>
      new StreamSender({
        send: (data) => port.data({ streamId, channel, data }),
        end: () => {
          if (!this.over) port.end({ streamId, channel });
        },
      });
    this.stdout = sender(STREAM_STDOUT);
    this.stderr = sender(STREAM_STDERR);
    this.stdin = new StreamReceiver((bytes) => {
      if (!this.over) port.credit({ streamId, channel: STREAM_STDIN, bytes });
    });
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }

  /** A size that came before the handler is handed over at once. */
  onResize(handler: (size: Size) => void): void {
    this.resizeHandler = handler;
    if (this.lastSize !== undefined) handler(this.lastSize);
  }

  finish(status: Status): void {
    if (this.finishing || this.over) return;
    this.finishing = true;
    void Promise.all([ended(this.stdout), ended(this.stderr)]).then(() => {
      if (this.over) return;
      const { streamId } = this;
      this.port.data({ streamId, channel: STREAM_ERROR, data: Buffer.from(JSON.stringify(status)) });
      this.port.end({ streamId });
      this.leave();
    });
  }

  /** The other side is no longer interested, or no longer there. */
  gaveUp(why: string): void {
    if (this.over) return;
    this.leave();
    this.stdout.destroy();
    this.stderr.destroy();
    this.abort.abort(new StatusError('ServiceUnavailable', why));
  }

  onData(message: StreamData): boolean {
    if (message.channel === STREAM_STDIN) return this.stdin.accept(message.data);
    if (message.channel === STREAM_RESIZE) this.onSize(parseSize(message.data));
    return true;
  }

  onEnd(message: StreamEnd): void {
    if (message.channel === STREAM_STDIN) this.stdin.end();
    else if (message.channel === undefined) this.gaveUp(message.status?.message ?? 'the server closed the stream');
  }

  onCredit(message: StreamCredit): void {
    if (message.channel === STREAM_STDOUT) this.stdout.credit(message.bytes);
    if (message.channel === STREAM_STDERR) this.stderr.credit(message.bytes);
  }

  private onSize(size: Size | undefined): void {
    if (size === undefined) return;
    this.lastSize = size;
    this.resizeHandler?.(size);
  }

  private leave(): void {
    this.over = true;
    this.forget();
    this.stdin.end();
  }
}

/** Resolves once everything written to `stream` has been sent, or never will be. */
const ended = (stream: StreamSender): Promise<void> =>
  new Promise((resolve) => {
    if (stream.writableFinished || stream.destroyed) return resolve();
    stream.once('close', () => resolve());
    stream.once('finish', () => resolve());
    if (!stream.writableEnded) stream.end();
  });

const MAX_TERMINAL_SIDE = 65_535;

/** A terminal size, or undefined where the message is none: a bad size is no reason to end a session. */
function parseSize(data: Uint8Array): Size | undefined {
  try {
    const size: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    if (typeof size !== 'object' || size === null) return undefined;
    const width: unknown = Reflect.get(size, 'Width');
    const height: unknown = Reflect.get(size, 'Height');
    const fits = (side: unknown): side is number =>
      typeof side === 'number' && Number.isInteger(side) && side > 0 && side <= MAX_TERMINAL_SIDE;
    return fits(width) && fits(height) ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}
