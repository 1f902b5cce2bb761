/** Copies of typed arrays with room for `length` entries. */
export function grownInts(array: Int32Array, length: number, fill = 0): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length).fill(fill);
  grown.set(array);
  return grown;
}

export function grownFloats(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length);
  grown.set(array);
  return grown;
}

/** The next size for something that must hold `needed` entries: at least doubled, so that growing stays cheap. */
export const nextSize = (size: number, needed: number): number => Math.max(size * 2, needed, 64);
