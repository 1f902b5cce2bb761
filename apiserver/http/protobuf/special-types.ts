import { toMicroTimestamp, toTimestamp } from '../../../shared/clock';
import type { WireField } from './reader';
import { readFields, signed } from './reader';

const API = 'k8s.io.apimachinery.pkg';

const fieldsOf = (bytes: Buffer): ReadonlyMap<number, WireField[1]> => new Map(readFields(bytes));
const intIn = (fields: ReadonlyMap<number, WireField[1]>, number: number): number => {
  const value = fields.get(number);
  return typeof value === 'bigint' ? signed(value) : 0;
};
const textIn = (fields: ReadonlyMap<number, WireField[1]>, number: number): string => {
  const value = fields.get(number);
  return Buffer.isBuffer(value) ? value.toString('utf8') : '';
};

const millisOf = (bytes: Buffer): number => {
  const fields = fieldsOf(bytes);
  return intIn(fields, 1) * 1_000 + Math.floor(intIn(fields, 2) / 1e6);
};

/** Types whose JSON is no object of their fields. `null`: the zero time. */
export const SPECIAL_TYPES: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  [`${API}.apis.meta.v1.Time`]: (bytes) => (bytes.length === 0 ? null : toTimestamp(millisOf(bytes))),
  [`${API}.apis.meta.v1.MicroTime`]: (bytes) => (bytes.length === 0 ? null : toMicroTimestamp(millisOf(bytes))),
  [`${API}.apis.meta.v1.Duration`]: (bytes) => `${intIn(fieldsOf(bytes), 1) / 1e9}s`,
  [`${API}.api.resource.Quantity`]: (bytes) => textIn(fieldsOf(bytes), 1),
  [`${API}.util.intstr.IntOrString`]: (bytes) => {
    const fields = fieldsOf(bytes);
    return intIn(fields, 1) === 0 ? intIn(fields, 2) : textIn(fields, 3);
  },
  [`${API}.apis.meta.v1.FieldsV1`]: (bytes) => JSON.parse(textIn(fieldsOf(bytes), 1) || '{}') as unknown,
  [`${API}.runtime.RawExtension`]: (bytes) => JSON.parse(textIn(fieldsOf(bytes), 1) || 'null') as unknown,
};
