/**
 * Frames of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00, section 2.2), as much of it as streams of bytes need. Unknown kinds
 * of control frames are `other`, to be passed over.
 */
export type Frame =
  | { readonly type: 'data'; readonly streamId: number; readonly data: Buffer; readonly fin: boolean }
  | { readonly type: 'synStream'; readonly streamId: number; readonly block: Buffer; readonly fin: boolean }
  | { readonly type: 'synReply'; readonly streamId: number; readonly block: Buffer; readonly fin: boolean }
  | { readonly type: 'headers'; readonly streamId: number; readonly block: Buffer; readonly fin: boolean }
  | { readonly type: 'rstStream'; readonly streamId: number; readonly status: number }
  | { readonly type: 'ping'; readonly id: number }
  | { readonly type: 'goAway'; readonly lastStreamId: number; readonly status: number }
  | { readonly type: 'other' };

export const RST_PROTOCOL_ERROR = 1;
export const RST_REFUSED_STREAM = 3;
export const RST_CANCEL = 5;

const VERSION = 3;
const CONTROL = 0x8000;
const FIN = 0x01;
const HEADER_BYTES = 8;
const KINDS = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const;
const ID_MASK = 0x7fffffff;

/** Of control frames; data is handed on in the pieces it arrives in, so that its frames may have any size. */
const MAX_CONTROL_BYTES = 64 * 1024;

/** Cuts a stream of bytes into frames. Throws on what is not SPDY/3. */
export class FrameReader {
  private pending: Buffer = Buffer.alloc(0);
  private openData: { readonly streamId: number; readonly fin: boolean; remaining: number } | undefined;

  /** The frames that `chunk` completes; the data of a frame that is still arriving comes as a frame of its own. */
  *read(chunk: Buffer): Generator<Frame> {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    for (;;) {
      const frame = this.openData === undefined ? this.next() : this.nextData(this.openData);
      if (frame === undefined) return;
      if (frame !== 'begun') yield frame;
    }
  }

  private next(): Frame | 'begun' | undefined {
    if (this.pending.length < HEADER_BYTES) return undefined;
    const first = this.pending.readUInt16BE(0);
    const fin = (this.pending.readUInt8(4) & FIN) !== 0;
    const length = this.pending.readUIntBE(5, 3);
    if ((first & CONTROL) === 0) {
      this.openData = { streamId: this.pending.readUInt32BE(0), fin, remaining: length };
      this.pending = this.pending.subarray(HEADER_BYTES);
      return 'begun';
    }
    if ((first & ~CONTROL) !== VERSION) throw new Error(`not SPDY/3: version ${first & ~CONTROL}`);
    if (length > MAX_CONTROL_BYTES) throw new Error(`a control frame of ${length} bytes is too large`);
    if (this.pending.length < HEADER_BYTES + length) return undefined;
    const kind = this.pending.readUInt16BE(2);
    const body = this.pending.subarray(HEADER_BYTES, HEADER_BYTES + length);
    this.pending = this.pending.subarray(HEADER_BYTES + length);
    return parseControl(kind, body, fin);
  }

  private nextData(open: { readonly streamId: number; readonly fin: boolean; remaining: number }): Frame | undefined {
    if (this.pending.length === 0 && open.remaining > 0) return undefined;
    const data = this.pending.subarray(0, open.remaining);
    this.pending = this.pending.subarray(data.length);
    open.remaining -= data.length;
    const isLast = open.remaining === 0;
    if (isLast) this.openData = undefined;
    return { type: 'data', streamId: open.streamId, data, fin: open.fin && isLast };
  }
}

function parseControl(kind: number, body: Buffer, fin: boolean): Frame {
  const id = (): number => body.readUInt32BE(0) & ID_MASK;
  switch (kind) {
    case KINDS.synStream:
      // Stream, associated stream, priority and slot come before the headers.
      return { type: 'synStream', streamId: id(), block: body.subarray(10), fin };
    case KINDS.synReply:
      return { type: 'synReply', streamId: id(), block: body.subarray(4), fin };
    case KINDS.headers:
      return { type: 'headers', streamId: id(), block: body.subarray(4), fin };
    case KINDS.rstStream:
      return { type: 'rstStream', streamId: id(), status: body.readUInt32BE(4) };
    case KINDS.ping:
      return { type: 'ping', id: body.readUInt32BE(0) };
    case KINDS.goAway:
      return { type: 'goAway', lastStreamId: id(), status: body.readUInt32BE(4) };
    default:
      return { type: 'other' };
  }
}

export function encodeFrame(frame: Exclude<Frame, { type: 'other' }>): Buffer {
  switch (frame.type) {
    case 'data': {
      const head = Buffer.alloc(HEADER_BYTES);
      head.writeUInt32BE(frame.streamId, 0);
      head.writeUInt32BE(frame.data.length, 4);
      head.writeUInt8(frame.fin ? FIN : 0, 4);
      return Buffer.concat([head, frame.data]);
    }
    case 'synStream':
      return control(KINDS.synStream, frame.fin, [words(frame.streamId, 0), Buffer.alloc(2), frame.block]);
    case 'synReply':
    case 'headers':
      return control(KINDS[frame.type], frame.fin, [words(frame.streamId), frame.block]);
    case 'rstStream':
      return control(KINDS.rstStream, false, [words(frame.streamId, frame.status)]);
    case 'ping':
      return control(KINDS.ping, false, [words(frame.id)]);
    case 'goAway':
      return control(KINDS.goAway, false, [words(frame.lastStreamId, frame.status)]);
  }
}

function control(kind: number, fin: boolean, body: readonly Buffer[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16BE(CONTROL | VERSION, 0);
  head.writeUInt16BE(kind, 2);
  head.writeUInt32BE(length, 4);
  head.writeUInt8(fin ? FIN : 0, 4);
  return Buffer.concat([head, ...body]);
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index));
  return bytes;
}
