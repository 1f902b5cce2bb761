import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { deflateSync } from 'node:zlib';
import { constants, createDeflate } from 'node:zlib';
import { HEADER_DICTIONARY } from '../dictionary';
import type { Frame } from '../frames';
import { FrameReader, encodeFrame } from '../frames';
import type { Headers } from '../header-blocks';
import { HeaderDecoder } from '../header-blocks';

/** One stream as the client sees it. */
export interface ClientStream {
  readonly id: number;
  /** Bytes so far; `whole` resolves with all of them once the server has ended the stream. */
  received(): Buffer;
  readonly whole: Promise<Buffer>;
  readonly reset: Promise<number>;
  /** Resolves when the transport took it. */
  send(data: Buffer, fin?: boolean): Promise<void>;
  end(): void;
  cancel(): void;
}

interface Pending {
  readonly chunks: Buffer[];
  replied: () => void;
  ended: (data: Buffer) => void;
  wasReset: (status: number) => void;
}

/** A SPDY/3.1 client as client-go's is: compresses its headers, waits for each SYN_REPLY, sends no WINDOW_UPDATE. */
export class SpdyClient {
  readonly frames: Frame[] = [];
  private readonly streams = new Map<number, Pending>();
  private readonly deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  private readonly decoder = new HeaderDecoder();
  private nextId = 1;
  /** While true nothing is read from the connection. */
  isStalled = false;
  private resume: () => void = () => undefined;

  constructor(private readonly transport: Duplex) {
    transport.on('error', () => undefined);
    void this.readAll().catch(() => undefined);
  }

  async open(headers: Headers, fin = false): Promise<ClientStream> {
    const id = this.nextId;
    this.nextId += 2;
    let settle: Pending | undefined;
    const whole = new Promise<Buffer>((ended) => {
      settle = { chunks: [], replied: () => undefined, ended, wasReset: () => undefined };
    });
    if (settle === undefined) throw new Error('a promise runs its executor at once');
    const pending: Pending = settle;
    const reset = new Promise<number>((resolve) => (pending.wasReset = resolve));
    const replied = new Promise<void>((resolve) => (pending.replied = resolve));
    this.streams.set(id, pending);
    this.send({ type: 'synStream', streamId: id, block: await this.compress(headers), fin });
    await Promise.race([replied, reset]);
    return {
      id,
      whole,
      reset,
      received: () => Buffer.concat(pending.chunks),
      send: async (data, last = false) => {
        if (!this.transport.write(encodeFrame({ type: 'data', streamId: id, data, fin: last })))
          await once(this.transport, 'drain');
      },
      end: () => this.send({ type: 'data', streamId: id, data: Buffer.alloc(0), fin: true }),
      cancel: () => this.send({ type: 'rstStream', streamId: id, status: 5 }),
    };
  }

  send(frame: Exclude<Frame, { type: 'other' }>): void {
    this.transport.write(encodeFrame(frame));
  }

  proceed(): void {
    this.isStalled = false;
    this.resume();
  }

  close(): void {
    this.transport.destroy();
  }

  private async readAll(): Promise<void> {
    const reader = new FrameReader();
    for await (const chunk of this.transport) {
      if (this.isStalled) await new Promise<void>((resolve) => (this.resume = resolve));
      for (const frame of reader.read(chunk as Buffer)) await this.accept(frame);
    }
  }

  private async accept(frame: Frame): Promise<void> {
    this.frames.push(frame);
    const pending = 'streamId' in frame ? this.streams.get(frame.streamId) : undefined;
    if (frame.type === 'synReply') {
      await this.decoder.decode(frame.block);
      pending?.replied();
    } else if (frame.type === 'rstStream') pending?.wasReset(frame.status);
    else if (frame.type === 'data') {
      pending?.chunks.push(frame.data);
      if (frame.fin) pending?.ended(Buffer.concat(pending.chunks));
    }
  }

  private compress(headers: Headers): Promise<Buffer> {
    const words = Object.entries(headers).flat();
    const plain = Buffer.concat([
      lengthOf(words.length / 2),
      ...words.flatMap((word) => [lengthOf(Buffer.byteLength(word)), Buffer.from(word)]),
    ]);
    return new Promise((resolve) => {
      this.deflate.write(plain);
      this.deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(this.deflate.read() as Buffer));
    });
  }
}

/** An endless run of one byte, compressed as the first header block of a connection: a bomb. */
export const hugeHeaderBlock = (bytes: number): Buffer =>
  deflateSync(Buffer.alloc(bytes), { dictionary: HEADER_DICTIONARY });

function lengthOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
