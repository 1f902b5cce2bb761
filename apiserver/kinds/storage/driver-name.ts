import { isDns1123Subdomain } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, required, tooLong } from '../validation/field-errors';

const MAX_LENGTH = 63;

/** How a CSI driver may be called, in any case of letters. */
export function driverNameProblems(field: string, name: string): readonly StatusCause[] {
  if (name === '') return [required(field)];
  return [
    ...(name.length > MAX_LENGTH ? [tooLong(field, MAX_LENGTH)] : []),
    ...checkName(field, name.toLowerCase(), isDns1123Subdomain),
  ];
}
