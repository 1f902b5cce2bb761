import type { StatusCause } from '../../../shared/status-error';
import { forbiddenField, oneOfIfSet, when } from '../validation/field-errors';

const SHORT: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,ROX`, as kubectl prints access modes. */
export const accessModesText = (modes: readonly string[] | undefined): string =>
  Object.entries(SHORT)
    .filter(([mode]) => modes?.includes(mode) === true)
    .map(([, short]) => short)
    .join(',');

const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** A volume for one pod is for nobody else. */
export const accessModesProblems = (field: string, modes: readonly string[] = []): readonly StatusCause[] => [
  ...modes.flatMap((mode) => oneOfIfSet(field, mode, MODES)),
  ...when(
    modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && MODES.includes(mode)),
    forbiddenField(field, 'may not use ReadWriteOncePod with other access modes'),
  ),
];
