import { constants, createDeflate, deflateSync, inflateSync } from 'node:zlib';
import { HEADER_DICTIONARY } from './dictionary';
import { HeaderDecoder, HeaderEncoder } from './header-blocks';
import { hugeHeaderBlock } from './testing/spdy-client';

const STREAM = { streamtype: 'data', port: '8080', requestid: '3' };

it('uses the dictionary of the specification', () => {
  // zlib names a stream's dictionary by its Adler-32 behind the two bytes of its header.
  const named = deflateSync(Buffer.alloc(0), { dictionary: HEADER_DICTIONARY }).subarray(2, 6);
  expect(HEADER_DICTIONARY).toHaveLength(1423);
  expect(named.toString('hex')).toBe('e3c6a7c2');
});

it('writes blocks that any inflater with the dictionary reads, one after the other', () => {
  const encoder = new HeaderEncoder();
  const blocks = [encoder.encode({}), encoder.encode(STREAM), encoder.encode({})];
  const plain = inflateSync(Buffer.concat(blocks), {
    dictionary: HEADER_DICTIONARY,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  expect(plain.readUInt32BE(0)).toBe(0);
  expect(plain.readUInt32BE(4)).toBe(3);
  expect(plain.includes('streamtype')).toBe(true);
});

it('reads its own blocks back, in their order', async () => {
  const encoder = new HeaderEncoder();
  const decoder = new HeaderDecoder();
  for (const headers of [{}, STREAM, { a: '', 'x-y': 'ü' }])
    expect(await decoder.decode(encoder.encode(headers))).toEqual(headers);
  decoder.close();
});

it('reads blocks that were really compressed, whose later ones build on the earlier', async () => {
  const deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  const decoder = new HeaderDecoder();
  const plain = Buffer.from('00000001000000044e616d6500000005' + Buffer.from('value').toString('hex'), 'hex');
  for (let round = 0; round < 3; round++) {
    const block = await new Promise<Buffer>((resolve) => {
      deflate.write(plain);
      deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(deflate.read() as Buffer));
    });
    expect(await decoder.decode(block)).toEqual({ name: 'value' });
  }
  decoder.close();
});

it.each([
  ['is no zlib stream', Buffer.from('not compressed at all')],
  ['was made with another dictionary', deflateSync(Buffer.alloc(4), { dictionary: Buffer.from('other') })],
  ['unfolds to megabytes', hugeHeaderBlock(8 * 1024 * 1024)],
  ['promises more headers than it has', deflateSync(Buffer.from('00000002', 'hex'), { dictionary: HEADER_DICTIONARY })],
  [
    'has a header longer than itself',
    deflateSync(Buffer.from('00000001ffffffff', 'hex'), { dictionary: HEADER_DICTIONARY }),
  ],
])('refuses a block that %s', async (_what, block) => {
  const decoder = new HeaderDecoder();
  await expect(decoder.decode(block)).rejects.toThrow();
  decoder.close();
});
