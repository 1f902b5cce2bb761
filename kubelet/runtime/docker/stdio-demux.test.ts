import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { JsonLines } from './json-lines';
import { demux } from './stdio-demux';

const frame = (stream: 1 | 2, words: string): Buffer => {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(words), 4);
  return Buffer.concat([header, Buffer.from(words)]);
};

/** The same bytes, cut into pieces of these lengths. */
function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  let at = 0;
  for (const length of lengths) {
    yield bytes.subarray(at, at + length);
    at += length;
  }
  yield bytes.subarray(at);
}

const cuts = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 60 });

describe('a stream of frames', () => {
  it('is taken apart whatever its chunks', async () => {
    const frames = fc.array(fc.tuple(fc.constantFrom(1 as const, 2 as const), fc.string({ unit: 'grapheme' })), {
      maxLength: 12,
    });
    await fc.assert(
      fc.asyncProperty(frames, cuts, async (said, lengths) => {
        const source = new PassThrough();
        const { stdout, stderr } = demux(source);
        const both = Promise.all([text(stdout), text(stderr)]);
        const bytes = Buffer.concat(said.map(([stream, words]) => frame(stream, words)));
        for (const chunk of cut(bytes, lengths)) source.write(chunk);
        source.end();
        const of = (stream: 1 | 2): string => said.flatMap(([on, words]) => (on === stream ? [words] : [])).join('');
        expect(await both).toEqual([of(1), of(2)]);
      }),
    );
  });

  it('is not read faster than its reader reads', async () => {
    const source = new PassThrough({ highWaterMark: 1024 });
    const { stdout, stderr } = demux(source);
    stderr.resume();
    const large = 'x'.repeat(100_000);
    for (let round = 0; round < 10; round++) source.write(frame(1, large));
    source.end();
    await new Promise((resolve) => setImmediate(resolve));
    expect(source.isPaused()).toBe(true);
    expect((await text(stdout)).length).toBe(10 * large.length);
  });

  it('ends where its connection breaks', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = demux(source);
    source.write(frame(1, 'begun'));
    await new Promise((resolve) => setImmediate(resolve));
    source.destroy(new Error('reset'));
    expect(await Promise.all([text(stdout), text(stderr)])).toEqual(['begun', '']);
  });
});

describe('JSON lines', () => {
  it('are cut at their lines whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), cuts, (documents, lengths) => {
        const lines = new JsonLines();
        const bytes = Buffer.from(documents.map((document) => `${JSON.stringify(document)}\r\n`).join(''));
        const read = [...cut(bytes, lengths)].flatMap((chunk) => lines.push(chunk));
        expect(JSON.stringify(read)).toBe(JSON.stringify(documents));
      }),
    );
  });

  it('that are none are passed over', () => {
    expect(new JsonLines().push(Buffer.from('{"a":1}\nnonsense\n{"b":2}\n{"c"'))).toEqual([{ a: 1 }, { b: 2 }]);
  });
});
