import { completeChecksum } from './relay-checksum';

/** A SYN of curl as the kernel hands it to a program: the checksum covers the addresses alone. */
const SYN =
  '0800000000138900020000000009be4ba187f90008004500003c754840003f06b25f0a0900020a080002e87400508846597000000000a002faf0bcf50000020405b40402';
const OPTIONS = '080a00000000000000000103030a';
const syn = (): Buffer => Buffer.from(`${SYN}${OPTIONS}`.slice(0, 2 * (22 + 60)), 'hex').subarray(0, 82);

const IP_AT = 22;
const TCP_AT = IP_AT + 20;

/** As a receiver checks it: all words, and the addresses, protocol and length, add up to all ones. */
function isRight(frame: Buffer): boolean {
  const words = [0, 2, 4, 6].map((at) => frame.readUInt16BE(IP_AT + 12 + at));
  const end = IP_AT + frame.readUInt16BE(IP_AT + 2);
  for (let at = TCP_AT; at < end; at += 2)
    words.push(at + 1 < end ? frame.readUInt16BE(at) : frame.readUInt8(at) * 256);
  words.push(frame.readUInt8(IP_AT + 9), end - TCP_AT);
  return words.reduce((sum, word) => ((sum + word) % 0x10000) + (sum + word > 0xffff ? 1 : 0), 0) === 0xffff;
}

function datagram(checksum: number, text = 'odd'): Buffer {
  const frame = Buffer.concat([syn().subarray(0, TCP_AT), Buffer.alloc(8), Buffer.from(text)]);
  frame.writeUInt16BE(28 + text.length, IP_AT + 2);
  frame.writeUInt8(17, IP_AT + 9);
  frame.writeUInt16BE(8 + text.length, TCP_AT + 4);
  frame.writeUInt16BE(checksum, TCP_AT + 6);
  return frame;
}

it('completes the checksum that the kernel left to a card, and changes nothing else', () => {
  const [before, after] = [syn(), syn()];
  expect(isRight(before)).toBe(false);
  completeChecksum(after);
  expect(isRight(after)).toBe(true);
  before.writeUInt16BE(after.readUInt16BE(TCP_AT + 16), TCP_AT + 16);
  expect(after).toEqual(before);
});

it('completes that of a datagram of an odd length, unless it has none', () => {
  const [some, none] = [datagram(0x1234), datagram(0)];
  completeChecksum(some);
  expect(isRight(some)).toBe(true);
  completeChecksum(none);
  expect(none).toEqual(datagram(0));
});

it('leaves alone what is a fragment, another protocol, or cut off', () => {
  const fragment = syn();
  fragment.writeUInt16BE(0x2000, IP_AT + 6);
  const arp = syn();
  arp.writeUInt16BE(0x0806, IP_AT - 2);
  for (const frame of [fragment, arp, syn().subarray(0, 60), syn().subarray(0, 10)]) {
    const before = Buffer.from(frame);
    completeChecksum(frame);
    expect(frame).toEqual(before);
  }
});
