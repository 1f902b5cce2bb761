import type { StatusCause } from '../../../shared/status-error';
import { invalidValue, when } from '../validation/field-errors';

export const noBacksteps = (field: string, path: string): readonly StatusCause[] =>
  when(path.split('/').includes('..'), invalidValue(field, path, "must not contain '..'"));

/** A path that stays below where it starts. */
export const descendingPath = (field: string, path: string): readonly StatusCause[] => [
  ...when(path.startsWith('/'), invalidValue(field, path, 'must be a relative path')),
  ...noBacksteps(field, path),
];

/** The same, which does not begin as the files do that the kubelet keeps for itself. */
export const notReservedPath = (field: string, path: string): readonly StatusCause[] => [
  ...descendingPath(field, path),
  ...when(path.startsWith('..') && !path.startsWith('../'), invalidValue(field, path, "must not start with '..'")),
];
