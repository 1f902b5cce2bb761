import { Readable, Writable } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import type { Clock } from '../../../shared/clock';
import type { ChannelMessage, ChannelProtocol } from './channel-protocol';
import { CLOSE_CHANNEL, decodeMessage, encodeMessage } from './channel-protocol';

const PING_PERIOD_MS = 30_000;
const OUTPUT_BUFFER_BYTES = 64 * 1024;

/**
 * A WebSocket that carries numbered channels. While the reader of one incoming channel is behind, nothing more is read
 * from the socket.
 */
export class ChannelSocket {
  private readonly readers = new Map<number, ChannelReader>();
  private readonly stopPinging: () => void;
  private readonly behind = new Set<ChannelReader>();
  private heard = true;

  constructor(
    private readonly socket: WebSocket,
    private readonly protocol: ChannelProtocol,
    /** Messages of channels that nobody reads as a stream. */
    private readonly onOther: (message: ChannelMessage) => void,
    clock: Clock,
  ) {
    this.stopPinging = clock.setInterval(() => this.ping(), PING_PERIOD_MS);
    socket.on('error', () => undefined);
    socket.on('pong', () => (this.heard = true));
    socket.on('message', (data) => this.accept(data));
    socket.once('close', () => this.closed());
  }

  /** What the client sends on that channel. To be asked for before anything arrives. */
  reader(channel: number): Readable {
    const reader: ChannelReader = new ChannelReader(() => this.goOn(reader));
    this.readers.set(channel, reader);
    return reader;
  }

  /** What is written here is sent on that channel; a write is done when it has left for the network. */
  writer(channel: number): Writable {
    const writer = new Writable({
      highWaterMark: OUTPUT_BUFFER_BYTES,
      write: (chunk: Buffer, _encoding, callback) => this.send(channel, chunk, callback),
    });
    writer.on('error', () => undefined);
    this.socket.once('close', () => writer.destroy());
    return writer;
  }

  send(channel: number, data: Buffer, sent: (error?: Error | null) => void = () => undefined): void {
    if (this.socket.readyState !== this.socket.OPEN) sent(new Error('the client is gone'));
    else this.socket.send(encodeMessage(channel, data, this.protocol), sent);
  }

  onGone(handler: () => void): void {
    if (this.socket.readyState === this.socket.CLOSED) handler();
    else this.socket.once('close', handler);
  }

  /** Closes behind what was sent. */
  close(): void {
    for (const reader of this.readers.values()) reader.destroy();
    this.socket.close(1000);
  }

  private accept(data: RawData): void {
    this.heard = true;
    const message = decodeMessage(bytesOf(data), this.protocol);
    if (message === undefined) return;
    if (message.channel === CLOSE_CHANNEL) {
      this.readers.get(message.data[0] ?? -1)?.end();
      return;
    }
    const reader = this.readers.get(message.channel);
    if (reader === undefined) this.onOther(message);
    else if (!reader.accept(message.data)) {
      this.behind.add(reader);
      this.socket.pause();
    }
  }

  private goOn(reader: ChannelReader): void {
    if (this.behind.delete(reader) && this.behind.size === 0) this.socket.resume();
  }

  private ping(): void {
    if (!this.heard && this.behind.size === 0) return this.socket.terminate();
    this.heard = false;
    if (this.socket.readyState === this.socket.OPEN) this.socket.ping();
  }

  private closed(): void {
    this.stopPinging();
    for (const reader of this.readers.values()) reader.end();
  }
}

class ChannelReader extends Readable {
  private hasEnded = false;

  constructor(private readonly goOn: () => void) {
    super();
  }

  /** False when no more should come for now. */
  accept(data: Buffer): boolean {
    return this.hasEnded || this.destroyed || data.length === 0 || this.push(data);
  }

  end(): void {
    if (this.hasEnded || this.destroyed) return;
    this.hasEnded = true;
    this.push(null);
  }

  override _read(): void {
    this.goOn();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.goOn();
    callback(error);
  }
}

const bytesOf = (data: RawData): Buffer =>
  Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data);
