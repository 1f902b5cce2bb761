import { Readable } from 'node:stream';
import { STREAM_WINDOW_BYTES } from './node-channel';

/** Credit is returned in quarters of the window, so that single keystrokes do not double the messages. */
const CREDIT_STEP_BYTES = STREAM_WINDOW_BYTES / 4;

/** The reading end of one channel: holds at most one window of bytes that nobody has read yet. */
export class StreamReceiver extends Readable {
  private readonly queue: Buffer[] = [];
  private queuedBytes = 0;
  private consumedBytes = 0;
  private wanted = false;
  private ended = false;

  constructor(private readonly sendCredit: (bytes: number) => void) {
    // Small, since the queue in front of it holds the window already.
    super({ highWaterMark: 1 });
    this.on('error', () => undefined);
  }

  /** False when the sender broke the window's promise. */
  accept(data: Uint8Array): boolean {
    if (this.ended) return true;
    if (this.destroyed) {
      // Nobody reads any more: thrown away, but acknowledged, so that the sender comes to its end.
      this.consumed(data.byteLength);
      return true;
    }
    if (this.queuedBytes + data.byteLength > STREAM_WINDOW_BYTES) return false;
    if (data.byteLength === 0) return true;
    this.queue.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    this.queuedBytes += data.byteLength;
    this.deliver();
    return true;
  }

  /** No more will come: the reader sees what is queued, then the end. */
  end(): void {
    if (this.ended) return;
    this.ended = true;
    this.deliver();
  }

  override _read(): void {
    this.wanted = true;
    this.deliver();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const dropped = this.queuedBytes;
    this.queue.length = 0;
    this.queuedBytes = 0;
    this.consumed(dropped);
    callback(error);
  }

  private deliver(): void {
    if (this.destroyed) return;
    while (this.wanted) {
      const chunk = this.queue.shift();
      if (chunk === undefined) break;
      this.queuedBytes -= chunk.length;
      this.wanted = this.push(chunk);
      this.consumed(chunk.length);
    }
    if (this.ended && this.queue.length === 0) this.push(null);
  }

  private consumed(bytes: number): void {
    this.consumedBytes += bytes;
    if (this.ended || this.consumedBytes < CREDIT_STEP_BYTES) return;
    const credit = this.consumedBytes;
    this.consumedBytes = 0;
    this.sendCredit(credit);
  }
}
