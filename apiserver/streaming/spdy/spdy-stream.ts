import { Duplex } from 'node:stream';
import type { Headers } from './header-blocks';

export interface StreamWire {
  /** Calls back once the bytes have left for the network. */
  data(data: Buffer, fin: boolean, sent: (error?: Error | null) => void): void;
  /** The stream was given up before both sides had ended it. */
  reset(): void;
  closed(): void;
}

/** One stream of a SPDY connection. Each direction ends by itself. */
export class SpdyStream extends Duplex {
  private resumeDelivery: (() => void) | undefined;
  private wasReset = false;

  constructor(
    readonly id: number,
    readonly headers: Headers,
    private readonly wire: StreamWire,
  ) {
    super({ allowHalfOpen: true });
    // A client that goes away is seen by `close`; nobody has to listen for the error.
    this.on('error', () => undefined);
  }

  /** Takes what the client sent. The promise, where there is one, resolves when more may come. */
  deliver(data: Buffer): Promise<void> | undefined {
    if (this.destroyed || data.length === 0 || this.push(data)) return undefined;
    return new Promise((resolve) => (this.resumeDelivery = resolve));
  }

  /** The client will send no more. */
  deliverEnd(): void {
    if (!this.destroyed) this.push(null);
  }

  /** The client gave the stream up. */
  resetByPeer(): void {
    this.wasReset = true;
    this.destroy();
  }

  override _read(): void {
    this.goOn();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.wire.data(chunk, false, callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.wire.data(Buffer.alloc(0), true, callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const isComplete = this.readableEnded && this.writableFinished;
    if (!isComplete && !this.wasReset) this.wire.reset();
    this.wire.closed();
    this.goOn();
    callback(error);
  }

  private goOn(): void {
    this.resumeDelivery?.();
    this.resumeDelivery = undefined;
  }
}
