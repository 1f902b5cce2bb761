import { packFrames, sourceOf, unpackFrames, vniOf } from './relay-frames';

const frame = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes);

it('packs frames and unpacks them as they were', () => {
  const frames = [frame(1, 2, 3), frame(4), frame(...new Array<number>(1_500).fill(7))];
  expect(unpackFrames(packFrames(frames)).map((each) => [...each])).toEqual(frames.map((each) => [...each]));
});

it.each([
  ['a length without its frame', [0, 9, 1]],
  ['half a length', [0]],
  ['an empty frame', [0, 0, 0, 1, 5]],
])('takes nothing from %s', (_, bytes) => {
  expect(unpackFrames(frame(...bytes))).toEqual([]);
});

it('reads the number of the network, of frames that have one', () => {
  expect(vniOf(frame(8, 0, 0, 0, 0x12, 0x34, 0x56, 0, 1))).toBe(0x123456);
  expect(vniOf(frame(0, 0, 0, 0, 0x12, 0x34, 0x56, 0, 1))).toBeUndefined();
  expect(vniOf(frame(8, 0, 0))).toBeUndefined();
});

it('tells who a packet is from, where it is one', () => {
  const packet = new Uint8Array(42);
  packet.set([8, 0], 20);
  packet.set([10, 244, 1, 9], 34);
  expect(sourceOf(packet)).toBe(0x0a_f4_01_09);
  packet.set([8, 6], 20);
  expect(sourceOf(packet)).toBeUndefined();
  expect(sourceOf(packet.subarray(0, 30))).toBeUndefined();
});
