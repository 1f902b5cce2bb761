const COMMA = Buffer.from(',');
const END = Buffer.from(']}');

/**
 * The JSON of a list, piece by piece, so that a large one never stands in memory as a whole: what it says of itself, and its
 * items, already encoded, under the name that its kind has for them.
 */
export function* listParts(head: object, field: 'items' | 'rows', items: Iterable<Buffer>): Generator<Buffer> {
  yield Buffer.from(`${JSON.stringify(head).slice(0, -1)},"${field}":[`);
  let isFirst = true;
  for (const item of items) {
    if (!isFirst) yield COMMA;
    isFirst = false;
    yield item;
  }
  yield END;
}

/** Each encoded when its turn comes. */
export function* encodedEach<T>(items: Iterable<T>, encode: (item: T) => Buffer): Generator<Buffer> {
  for (const item of items) yield encode(item);
}

export const jsonBytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
