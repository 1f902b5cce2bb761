import fc from 'fast-check';
import type { Frame } from './frames';
import { FrameReader, encodeFrame } from './frames';

const streamId = fc.integer({ min: 1, max: 0x7fffffff });
const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));
const aFrame: fc.Arbitrary<Exclude<Frame, { type: 'other' }>> = fc.oneof(
  fc.record({ type: fc.constant('data' as const), streamId, data: bytes, fin: fc.boolean() }),
  fc.record({
    type: fc.constantFrom('synStream' as const, 'synReply' as const, 'headers' as const),
    streamId,
    block: bytes,
    fin: fc.boolean(),
  }),
  fc.record({ type: fc.constant('rstStream' as const), streamId, status: fc.nat({ max: 11 }) }),
  fc.record({ type: fc.constant('ping' as const), id: streamId }),
  fc.record({ type: fc.constant('goAway' as const), lastStreamId: streamId, status: fc.nat({ max: 2 }) }),
);

/** Pieces of one data frame, put together again. */
function joined(frames: readonly Frame[]): readonly Frame[] {
  const whole: Frame[] = [];
  let open = false;
  for (const frame of frames) {
    const last = whole.at(-1);
    if (open && frame.type === 'data' && last?.type === 'data')
      whole[whole.length - 1] = { ...frame, data: Buffer.concat([last.data, frame.data]) };
    else whole.push(frame);
    open = frame.type === 'data' && !frame.fin;
  }
  return whole;
}

it('reads what was written, however the bytes are cut', () => {
  fc.assert(
    fc.property(
      fc.array(aFrame, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (frames, cuts) => {
        // Data that ends its stream, so that pieces can be told from frames that follow each other.
        const sent = frames.map((frame) => (frame.type === 'data' ? { ...frame, fin: true } : frame));
        const wire = Buffer.concat(sent.map(encodeFrame));
        const reader = new FrameReader();
        const read: Frame[] = [];
        for (let at = 0, turn = 0; at < wire.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          read.push(...reader.read(wire.subarray(at, at + size)));
          at += size;
        }
        expect(joined(read)).toEqual(sent);
      },
    ),
  );
});

it('hands data on as it arrives, without waiting for the end of its frame', () => {
  const wire = encodeFrame({ type: 'data', streamId: 1, data: Buffer.from('abcdef'), fin: true });
  const reader = new FrameReader();
  expect([...reader.read(wire.subarray(0, 10))]).toEqual([
    { type: 'data', streamId: 1, data: Buffer.from('ab'), fin: false },
  ]);
  expect([...reader.read(wire.subarray(10))]).toEqual([
    { type: 'data', streamId: 1, data: Buffer.from('cdef'), fin: true },
  ]);
});

it('passes over control frames it does not know', () => {
  const settings = Buffer.from('8003000400000004' + '00000000', 'hex');
  expect([...new FrameReader().read(settings)]).toEqual([{ type: 'other' }]);
});

it.each([
  ['another version', '8002000100000000'],
  ['a control frame of 16 MB', '8003000100ffffff'],
  ['a stream without a number', '8003000100000002ffff'],
])('refuses %s', (_what, hex) => {
  expect(() => [...new FrameReader().read(Buffer.from(hex, 'hex'))]).toThrow();
});
