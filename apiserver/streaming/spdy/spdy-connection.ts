import type { Duplex } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import type { Frame } from './frames';
import { FrameReader, RST_CANCEL, RST_PROTOCOL_ERROR, RST_REFUSED_STREAM, encodeFrame } from './frames';
import { HeaderDecoder, HeaderEncoder } from './header-blocks';
import { SpdyStream } from './spdy-stream';

export interface SpdyConnectionOptions {
  readonly clock: Clock;
  /** A stream the client opened; false refuses it. Whoever takes it must read it, or discard what it holds. */
  readonly onStream: (stream: SpdyStream) => boolean;
  /** Called once: both sides of the transport are done, whichever began. */
  readonly onClose: () => void;
}

/** A client silent for a whole period after a ping is gone. */
const PING_PERIOD_MS = 30_000;
/** How long a client may take to close after us. */
const LINGER_MS = 5_000;
const MAX_STREAMS = 1_024;

/**
 * The server's end of a SPDY/3.1 connection, as client-go speaks it: streams without `:path`, and no WINDOW_UPDATE ever,
 * so that nothing waits for one. What holds a sender back is the transport: while the reader of one stream is behind,
 * nothing more is read from the connection, which is also how client-go's own end behaves.
 */
export class SpdyConnection {
  private readonly streams = new Map<number, SpdyStream>();
  private readonly reader = new FrameReader();
  private readonly decoder = new HeaderDecoder();
  private readonly encoder = new HeaderEncoder();
  private readonly stopPinging: () => void;
  private lastStreamId = 0;
  private pingId = 0;
  private heard = true;
  private isHeldBack = false;
  private isLeaving = false;
  private isClosed = false;
  private stopLingering: (() => void) | undefined;

  constructor(
    private readonly transport: Duplex,
    private readonly options: SpdyConnectionOptions,
  ) {
    this.stopPinging = options.clock.setInterval(() => this.ping(), PING_PERIOD_MS);
    transport.on('error', () => undefined);
    transport.once('close', () => this.closed());
    this.readAll().catch(() => this.transport.destroy());
  }

  /** Ends it once everything written has been sent. Idempotent. */
  close(): void {
    if (this.stopLingering !== undefined || this.isClosed) return;
    this.send({ type: 'goAway', lastStreamId: this.lastStreamId, status: 0 });
    // What the client still sends is read and thrown away, so that its own end is seen.
    for (const stream of [...this.streams.values()]) stream.resetByPeer();
    this.end();
  }

  destroy(): void {
    this.transport.destroy();
  }

  private async readAll(): Promise<void> {
    for await (const chunk of this.transport) {
      this.heard = true;
      for (const frame of this.reader.read(chunk as Buffer)) await this.accept(frame);
    }
    // A client that has ended its side is gone; not every kind of transport closes by itself then.
    this.transport.destroy();
  }

  private async accept(frame: Frame): Promise<void> {
    switch (frame.type) {
      case 'synStream':
        return this.acceptStream(frame);
      case 'data': {
        const stream = this.streams.get(frame.streamId);
        const delivered = stream?.deliver(frame.data);
        if (delivered !== undefined) {
          this.isHeldBack = true;
          await delivered;
          this.isHeldBack = false;
        }
        if (frame.fin) stream?.deliverEnd();
        return;
      }
      case 'synReply':
      case 'headers':
        // Of no use here, but every block has to pass the decoder: later ones build on it.
        await this.decoder.decode(frame.block);
        if (frame.fin) this.streams.get(frame.streamId)?.deliverEnd();
        return;
      case 'rstStream':
        return this.streams.get(frame.streamId)?.resetByPeer();
      case 'ping':
        // Odd ones are the client's; an even one is the answer to our own.
        if (frame.id % 2 === 1) this.send(frame);
        return;
      case 'goAway':
        this.isLeaving = true;
        return this.endWhenIdle();
      case 'other':
        return;
    }
  }

  private async acceptStream({ streamId, block, fin }: Extract<Frame, { type: 'synStream' }>): Promise<void> {
    const headers = await this.decoder.decode(block);
    if (streamId % 2 === 0 || streamId <= this.lastStreamId) return this.refuse(streamId, RST_PROTOCOL_ERROR);
    this.lastStreamId = streamId;
    if (this.isLeaving || this.streams.size >= MAX_STREAMS) return this.refuse(streamId, RST_REFUSED_STREAM);
    const stream = new SpdyStream(streamId, headers, {
      data: (data, isLast, sent) => this.send({ type: 'data', streamId, data, fin: isLast }, sent),
      reset: () => this.refuse(streamId, RST_CANCEL),
      closed: () => {
        this.streams.delete(streamId);
        this.endWhenIdle();
      },
    });
    this.streams.set(streamId, stream);
    // Answered first: whoever takes the stream may write at once.
    this.send({ type: 'synReply', streamId, block: this.encoder.encode({}), fin: false });
    if (!this.options.onStream(stream)) return void stream.destroy();
    if (fin) stream.deliverEnd();
  }

  private refuse(streamId: number, status: number): void {
    this.send({ type: 'rstStream', streamId, status });
  }

  private send(frame: Exclude<Frame, { type: 'other' }>, sent?: (error?: Error | null) => void): void {
    if (!this.transport.writable) sent?.(new Error('the connection is closed'));
    else this.transport.write(encodeFrame(frame), sent);
  }

  private ping(): void {
    if (!this.heard && !this.isHeldBack) return this.destroy();
    this.heard = false;
    this.pingId += 2;
    this.send({ type: 'ping', id: this.pingId });
  }

  private endWhenIdle(): void {
    if (this.isLeaving && this.streams.size === 0) this.end();
  }

  private end(): void {
    this.isLeaving = true;
    if (this.isClosed) return;
    this.transport.end();
    this.stopLingering ??= this.options.clock.setTimeout(() => this.destroy(), LINGER_MS);
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stopPinging();
    this.stopLingering?.();
    this.decoder.close();
    for (const stream of [...this.streams.values()]) stream.resetByPeer();
    this.options.onClose();
  }
}
