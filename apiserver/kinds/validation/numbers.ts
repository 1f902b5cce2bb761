import type { StatusCause } from '../../../shared/status-error';
import { invalidValue } from './field-errors';

export const notNegative = (field: string, value: unknown): readonly StatusCause[] =>
  typeof value === 'number' && value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];

export const positive = (field: string, value: unknown): readonly StatusCause[] =>
  typeof value === 'number' && value <= 0 ? [invalidValue(field, value, 'must be greater than zero')] : [];

const PERCENT = /^[0-9]+%$/;

/** A whole number of pods, or a share of them as `25%`. */
export function numberOrPercent(field: string, value: unknown): readonly StatusCause[] {
  if (typeof value === 'string') {
    return PERCENT.test(value)
      ? []
      : [
          invalidValue(
            field,
            value,
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
          ),
        ];
  }
  return notNegative(field, value);
}

/** Where more than all of them makes no sense. */
export const notMoreThanAll = (field: string, value: unknown): readonly StatusCause[] => [
  ...(typeof value === 'string' && PERCENT.test(value) && Number(value.slice(0, -1)) > 100
    ? [invalidValue(field, value, 'must not be greater than 100%')]
    : []),
];

export const numberOrShare = (field: string, value: unknown): readonly StatusCause[] => [
  ...numberOrPercent(field, value),
  ...notMoreThanAll(field, value),
];

/** 0, `0`, `0%`. */
export const isZeroNumberOrPercent = (value: unknown): boolean =>
  value === 0 || (typeof value === 'string' && /^0+%?$/.test(value));

const MAX_PORT = 65_535;
const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= MAX_PORT;

export const portRange = (path: string, port: number): readonly StatusCause[] =>
  isPort(port) ? [] : [invalidValue(path, port, `must be between 1 and ${MAX_PORT}, inclusive`)];

/** Of a user or a group. */
export const idProblems = (field: string, value: number | undefined): readonly StatusCause[] =>
  value !== undefined && (value < 0 || value > 2 ** 31 - 1)
    ? [invalidValue(field, value, 'must be between 0 and 2147483647, inclusive')]
    : [];
