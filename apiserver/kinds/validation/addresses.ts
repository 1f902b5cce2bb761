import { isIP } from 'node:net';
import type { StatusCause } from '../../../shared/status-error';
import { invalidValue } from './field-errors';

/** An IP address of either family. */
export const ipAddress = (field: string, value: string): readonly StatusCause[] =>
  isIP(value) === 0
    ? [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
    : [];

/** A range of addresses: `10.9.8.0/24`. */
export function cidr(field: string, value: string): readonly StatusCause[] {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  return family !== 0 && Number(length) <= longest
    ? []
    : [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}
