import type { Status } from '../status-error';
import { StatusError } from '../status-error';
import type { ServerStream } from './byte-stream';
import type { Ack, StreamCredit, StreamData, StreamEnd, StreamOpen, StreamRequest } from './node-channel';
import { STREAM_ERROR, STREAM_RESIZE, STREAM_STDERR, STREAM_STDIN, STREAM_STDOUT } from './node-channel';
import { parseStatusJson } from './parse-status';
import type { StreamEndpoint, StreamPort } from './stream-port';
import { MAX_STREAMS, SUCCESS } from './stream-port';
import { StreamReceiver } from './stream-receiver';
import { StreamSender } from './stream-sender';

export interface ServerStreamPort extends StreamPort {
  /** Resolves with the agent's answer; rejects when none came in time. */
  open(message: StreamOpen): Promise<Ack<true>>;
}

/** The server's end of all streams of one connection. */
export class ServerStreams {
  private readonly streams = new Map<number, ServerEnd>();
  private nextId = 1;
  private closed = false;

  constructor(private readonly port: ServerStreamPort) {}

  get size(): number {
    return this.streams.size;
  }

  /** Resolves when the agent accepted the stream. Throws the Status it refused with, or ServiceUnavailable. */
  async open(request: StreamRequest): Promise<ServerStream> {
    if (this.closed) throw connectionLost();
    if (this.streams.size >= MAX_STREAMS) {
      throw new StatusError('TooManyRequests', `the node has ${MAX_STREAMS} streams open already`);
    }
    const streamId = this.nextId++;
    // In the table before it is announced: the agent's first bytes may be right behind its answer.
    const stream = new ServerEnd(streamId, this.port, () => this.streams.delete(streamId));
    this.streams.set(streamId, stream);
    try {
      const answer = await this.port.open({ streamId, request });
      if ('status' in answer) throw StatusError.fromStatus(answer.status);
      return stream;
    } catch (error) {
      stream.close();
      throw error;
    }
  }

  onData(message: StreamData): void {
    const stream = this.streams.get(message.streamId);
    if (stream === undefined || stream.onData(message)) return;
    stream.fail(new StatusError('BadRequest', 'the agent sent more than the window of the stream allows').toStatus());
  }

  onEnd(message: StreamEnd): void {
    this.streams.get(message.streamId)?.onEnd(message);
  }

  onCredit(message: StreamCredit): void {
    this.streams.get(message.streamId)?.onCredit(message);
  }

  /** The connection is gone: every stream ends with ServiceUnavailable. Idempotent. */
  connectionClosed(): void {
    this.closed = true;
    for (const stream of [...this.streams.values()]) stream.broke(connectionLost().toStatus());
  }
}

const connectionLost = (): StatusError =>
  new StatusError('ServiceUnavailable', 'the connection to the node was lost; try again when it is back');

const closedHere = (): Status => new StatusError('ServiceUnavailable', 'the stream was closed').toStatus();

class ServerEnd implements ServerStream, StreamEndpoint {
  readonly stdin: StreamSender;
  readonly stdout: StreamReceiver;
  readonly stderr: StreamReceiver;
  readonly result: Promise<Status>;
  private settle: (status: Status) => void = () => undefined;
  private final: Status | undefined;
  private over = false;

  constructor(
    private readonly streamId: number,
    private readonly port: StreamPort,
    private readonly forget: () => void,
  ) {
    this.result = new Promise((resolve) => (this.settle = resolve));
    const receiver = (channel: typeof STREAM_STDOUT | typeof STREAM_STDERR): StreamReceiver =>
      new StreamReceiver((bytes) => {
        if (!this.over) port.credit({ streamId, channel, bytes });
      });
    this.stdout = receiver(STREAM_STDOUT);
    this.stderr = receiver(STREAM_STDERR);
    this.stdin = new StreamSender({
      send: (data) => port.data({ streamId, channel: STREAM_STDIN, data }),
      end: () => {
        if (!this.over) port.end({ streamId, channel: STREAM_STDIN });
      },
    });
  }

  resize(size: { readonly width: number; readonly height: number }): void {
    if (this.over) return;
    const data = Buffer.from(JSON.stringify({ Width: size.width, Height: size.height }));
    this.port.data({ streamId: this.streamId, channel: STREAM_RESIZE, data });
  }

  close(): void {
    this.fail(closedHere());
  }

  /** Ends it from this side. */
  fail(status: Status): void {
    if (this.over) return;
    this.port.end({ streamId: this.streamId, status });
    this.finish(status);
    this.stdout.destroy();
    this.stderr.destroy();
  }

  /** There is no other side any more: what had arrived stays readable. */
  broke(status: Status): void {
    if (!this.over) this.finish(status);
  }

  onData(message: StreamData): boolean {
    if (message.channel === STREAM_STDOUT) return this.stdout.accept(message.data);
    if (message.channel === STREAM_STDERR) return this.stderr.accept(message.data);
    if (message.channel === STREAM_ERROR) this.final = parseStatusJson(message.data);
    return true;
  }

  onEnd(message: StreamEnd): void {
    if (message.channel === STREAM_STDOUT) this.stdout.end();
    else if (message.channel === STREAM_STDERR) this.stderr.end();
    else if (message.channel === undefined) this.finish(message.status ?? this.final ?? SUCCESS);
  }

  onCredit(message: StreamCredit): void {
    if (message.channel === STREAM_STDIN) this.stdin.credit(message.bytes);
  }

  private finish(status: Status): void {
    if (this.over) return;
    this.over = true;
    this.forget();
    this.stdout.end();
    this.stderr.end();
    this.stdin.destroy();
    this.settle(status);
  }
}
