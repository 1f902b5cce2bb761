/** Frames in one message, each with its length before it in two bytes, the high one first. */
export function packFrames(frames: readonly Uint8Array[]): Uint8Array {
  const packed = Buffer.alloc(frames.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const frame of frames) {
    at = packed.writeUInt16BE(frame.length, at);
    packed.set(frame, at);
    at += frame.length;
  }
  return packed;
}

/** Stops at what is no whole frame. */
export function unpackFrames(packed: Uint8Array): readonly Uint8Array[] {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 2 <= bytes.length;) {
    const length = bytes.readUInt16BE(at);
    at += 2;
    if (length === 0 || at + length > bytes.length) break;
    frames.push(bytes.subarray(at, at + length));
    at += length;
  }
  return frames;
}

/** Of a VXLAN frame (RFC 7348): flags, three bytes of nothing, the number of the network, one of nothing. */
export const vniOf = (frame: Uint8Array): number | undefined =>
  frame.length > 8 && ((frame[0] ?? 0) & 8) !== 0
    ? Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength).readUIntBE(4, 3)
    : undefined;

/** Where the addresses of an IPv4 packet begin, behind the headers of VXLAN, Ethernet, and what is before them in its own. */
const SOURCE_AT = 8 + 14 + 12;

/** Who a VXLAN frame says that its packet is from, as a number; undefined for what is no IPv4. */
export function sourceOf(frame: Uint8Array): number | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  const isIpv4 = bytes.length >= SOURCE_AT + 8 && bytes.readUInt16BE(20) === 0x08_00;
  return isIpv4 ? bytes.readUInt32BE(SOURCE_AT) : undefined;
}
