import { isIP } from 'node:net';
import type { StatusCause } from '../../../shared/status-error';
import { invalidValue } from './field-errors';

/** An IP address of either family. */
export const ipAddress = (field: string, value: string): readonly StatusCause[] =>
  isIP(value) === 0
    ? [invalidValue(field, value, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
    : [];

const UNREACHABLE = [
  [/^(127\.|::1$)/, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  [/^(0\.0\.0\.0|::)$/, 'may not be unspecified (0.0.0.0 or ::)'],
  [/^(169\.254\.|fe[89ab])/i, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'],
  [/^(224\.0\.0\.|ff02:)/i, 'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)'],
] as const;

/** An address that others can reach. */
export function endpointAddress(field: string, value: string): readonly StatusCause[] {
  const problems = ipAddress(field, value);
  if (problems.length > 0) return problems;
  return UNREACHABLE.filter(([range]) => range.test(value)).map(([, why]) => invalidValue(field, value, why));
}

/** A range of addresses: `10.9.8.0/24`. */
export function cidr(field: string, value: string): readonly StatusCause[] {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(value) ?? [];
  const family = isIP(address);
  const longest = family === 4 ? 32 : 128;
  return family !== 0 && Number(length) <= longest
    ? []
    : [invalidValue(field, value, 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)')];
}
