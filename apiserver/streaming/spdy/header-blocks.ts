import { createInflate, constants } from 'node:zlib';
import { HEADER_DICTIONARY } from './dictionary';

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>;

/** More than any client of ours sends; an endless block must not fill the memory. */
const MAX_BLOCK_BYTES = 64 * 1024;
const MAX_HEADERS = 256;
const MAX_STORED_BYTES = 0xffff;

// zlib's stream header for deflate with a preset dictionary, followed by the dictionary's Adler-32.
const STREAM_HEADER = Buffer.from([0x78, 0x20]);

// The empty stored block of a sync flush. Go's reader hands over what it has at that mark only.
const SYNC = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);

/**
 * Writes the header blocks of one connection, in the order they are sent: one zlib stream of stored blocks. That is
 * deflate as the other side expects it, without a compressor's state and delay; the few headers sent are tiny.
 */
export class HeaderEncoder {
  private hasBegun = false;

  encode(headers: Headers): Buffer {
    const plain = nameValueBlock(headers);
    if (plain.length > MAX_STORED_BYTES) throw new RangeError('the headers are too large for one block');
    const stored = Buffer.alloc(5);
    stored.writeUInt16LE(plain.length, 1);
    stored.writeUInt16LE(~plain.length & 0xffff, 3);
    const begin = this.hasBegun ? [] : [STREAM_HEADER, adler32(HEADER_DICTIONARY)];
    this.hasBegun = true;
    return Buffer.concat([...begin, stored, plain, SYNC]);
  }
}

/** Reads the header blocks of one connection, one after the other: they are one zlib stream. */
export class HeaderDecoder {
  private readonly inflate = createInflate({ dictionary: HEADER_DICTIONARY, flush: constants.Z_SYNC_FLUSH });
  private plain: Buffer[] = [];
  private plainBytes = 0;

  constructor() {
    this.inflate.on('error', () => undefined);
    this.inflate.on('data', (chunk: Buffer) => {
      this.plainBytes += chunk.length;
      if (this.plainBytes > MAX_BLOCK_BYTES) this.inflate.destroy();
      else this.plain.push(chunk);
    });
  }

  /** Throws where the block is broken; the connection is lost then, since all later blocks build on it. */
  async decode(block: Buffer): Promise<Headers> {
    await new Promise<void>((resolve, reject) => {
      const onClose = (): void => reject(new Error('the header block does not inflate'));
      this.inflate.once('close', onClose);
      this.inflate.write(block, (error) => {
        this.inflate.off('close', onClose);
        if (error === null || error === undefined) resolve();
        else reject(error);
      });
    });
    if (this.plainBytes > MAX_BLOCK_BYTES) throw new Error('the header block is too large');
    const plain = Buffer.concat(this.plain);
    this.plain = [];
    this.plainBytes = 0;
    return parseNameValueBlock(plain);
  }

  close(): void {
    this.inflate.destroy();
  }
}

function nameValueBlock(headers: Headers): Buffer {
  const words = Object.entries(headers)
    .flat()
    .map((word) => Buffer.from(word, 'utf8'));
  const parts = words.flatMap((word) => [uint32(word.length), word]);
  return Buffer.concat([uint32(words.length / 2), ...parts]);
}

function parseNameValueBlock(plain: Buffer): Headers {
  let offset = 0;
  const number = (): number => {
    offset += 4;
    return plain.readUInt32BE(offset - 4);
  };
  const word = (): string => {
    const length = number();
    if (offset + length > plain.length) throw new RangeError('a header is longer than its block');
    offset += length;
    return plain.toString('utf8', offset - length, offset);
  };
  const count = number();
  if (count > MAX_HEADERS) throw new RangeError('the header block has too many headers');
  const pairs = Array.from({ length: count }, (): [string, string] => [word().toLowerCase(), word()]);
  return Object.fromEntries(pairs);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** RFC 1950, section 8.2. */
function adler32(bytes: Buffer): Buffer {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return uint32(b * 0x10000 + a);
}
