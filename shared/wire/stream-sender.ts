import { Writable } from 'node:stream';
import { STREAM_WINDOW_BYTES } from './node-channel';

/** Bytes of one `streamData` message at most: small enough that a bulk copy never holds up a heartbeat for long. */
export const STREAM_FRAME_BYTES = 64 * 1024;

/**
 * The writing end of one channel. At most `STREAM_WINDOW_BYTES` are on their way unconsumed; beyond that a write waits,
 * and Writable's own high-water mark tells its producer to pause.
 */
export class StreamSender extends Writable {
  private window = STREAM_WINDOW_BYTES;
  private pending: { chunk: Buffer; readonly callback: (error?: Error | null) => void } | undefined;

  constructor(private readonly wire: { readonly send: (data: Buffer) => void; readonly end: () => void }) {
    super({ highWaterMark: STREAM_FRAME_BYTES, decodeStrings: true });
    // Whoever writes after the stream broke learns of it by the stream's result; nobody has to listen for it here.
    this.on('error', () => undefined);
  }

  /** The other side consumed `bytes`. */
  credit(bytes: number): void {
    this.window = Math.min(STREAM_WINDOW_BYTES, this.window + bytes);
    this.pump();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.pending = { chunk, callback };
    this.pump();
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.wire.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const stuck = this.pending;
    this.pending = undefined;
    stuck?.callback(error ?? new Error('the stream is closed'));
    callback(error);
  }

  private pump(): void {
    while (this.pending !== undefined && this.window > 0) {
      const { chunk, callback } = this.pending;
      const size = Math.min(chunk.length, this.window, STREAM_FRAME_BYTES);
      this.window -= size;
      if (size > 0) this.wire.send(chunk.subarray(0, size));
      if (size < chunk.length) this.pending.chunk = chunk.subarray(size);
      else {
        this.pending = undefined;
        callback();
      }
    }
  }
}
