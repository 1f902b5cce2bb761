import type { PackedRows, Row } from './protocol';

const NUMBERS = 5;

export function packRows(rows: readonly Row[]): PackedRows {
  const numbers = new Float64Array(NUMBERS * rows.length);
  const values = new Uint8Array(rows.reduce((sum, { value }) => sum + value.length, 0));
  let end = 0;
  for (const [index, { revision, deleted, createRevision, version, value }] of rows.entries()) {
    numbers.set([revision, deleted ? 1 : 0, createRevision, version, value.length], NUMBERS * index);
    values.set(value, end);
    end += value.length;
  }
  return { keys: rows.map(({ key }) => key), leases: rows.map(({ lease }) => lease), numbers, values };
}

export function unpackRows({ keys, leases, numbers, values }: PackedRows): readonly Row[] {
  let start = 0;
  return keys.map((key, index): Row => {
    const [revision = 0, deleted = 0, createRevision = 0, version = 0, length = 0] = numbers.subarray(
      NUMBERS * index,
      NUMBERS * (index + 1),
    );
    const value = values.subarray(start, start + length);
    start += length;
    return { revision, key, deleted: deleted === 1, createRevision, version, lease: leases[index] ?? null, value };
  });
}
