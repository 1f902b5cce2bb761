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
