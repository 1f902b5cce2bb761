import { badRequest } from '../../../shared/status-error';

/** One field of a protobuf message: a number (wire types 0, 1, 5) or bytes (wire type 2). */
export type WireField = readonly [number: number, value: bigint | Buffer];

const truncated = (): Error => badRequest('the protobuf body is cut short');

/** The fields of an encoded message, in their order. Throws BadRequest. */
export function* readFields(bytes: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw truncated();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw badRequest('the protobuf body holds a number that is too long');
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw truncated();
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield [number, varint()];
        break;
      case 1:
        yield [number, take(8).readBigUInt64LE()];
        break;
      case 2:
        yield [number, take(Number(varint()))];
        break;
      case 5:
        yield [number, BigInt(take(4).readUInt32LE())];
        break;
      default:
        throw badRequest(`the protobuf body holds wire type ${tag & 7}, which is not known`);
    }
  }
}

/** Protobuf's signed integers are two's complement in 64 bits. */
export const signed = (value: bigint): number => Number(BigInt.asIntN(64, value));
