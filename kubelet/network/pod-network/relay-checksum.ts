/** Of a frame of VXLAN: its own header, and the one of Ethernet. */
const [VXLAN_BYTES, ETHERNET_BYTES] = [8, 14];
const IP_AT = VXLAN_BYTES + ETHERNET_BYTES;
const IPV4 = 0x0800;
/** Where a header has its checksum, by the number of the protocol. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
  [6, 16],
  [17, 6],
]);
const UDP = 17;
const FRAGMENT_BITS = 0x3fff;

/**
 * Writes the checksum of the TCP segment or UDP datagram in a frame. The kernel leaves it to the network card where a
 * packet leaves the machine by one; a program is handed the packet without. What is none of these stays as it is.
 */
export function completeChecksum(frame: Buffer): void {
  if (frame.length < IP_AT + 20 || frame.readUInt16BE(IP_AT - 2) !== IPV4) return;
  const headerBytes = (frame.readUInt8(IP_AT) & 0x0f) * 4;
  const protocol = frame.readUInt8(IP_AT + 9);
  const offset = CHECKSUM_AT.get(protocol);
  const isFragment = (frame.readUInt16BE(IP_AT + 6) & FRAGMENT_BITS) !== 0;
  if (offset === undefined || isFragment || headerBytes < 20) return;
  const start = IP_AT + headerBytes;
  const end = IP_AT + frame.readUInt16BE(IP_AT + 2);
  const at = start + offset;
  if (end > frame.length || at + 2 > end) return;
  // Whoever sent none wants none.
  if (protocol === UDP && frame.readUInt16BE(at) === 0) return;
  frame.writeUInt16BE(0, at);
  const addresses = sumOf(frame, IP_AT + 12, IP_AT + 20);
  const sum = folded(addresses + protocol + (end - start) + sumOf(frame, start, end));
  // In UDP, 0 says that there is none.
  frame.writeUInt16BE(protocol === UDP && sum === 0xffff ? 0xffff : ~sum & 0xffff, at);
}

/** Of 16-bit words, the high byte first; half a word at the end counts as if a 0 followed. */
function sumOf(bytes: Buffer, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return at < to ? sum + ((bytes[at] ?? 0) << 8) : sum;
}

function folded(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest & 0xffff) + (rest >>> 16);
  return rest;
}
