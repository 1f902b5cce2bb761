import type { StatusCause } from '../../../shared/status-error';
import { forbiddenField } from '../validation/field-errors';

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

/** A volume for one pod is for nobody else. */
export const loneModeProblems = (modes: readonly string[] = []): readonly StatusCause[] =>
  modes.length > 1 && modes.includes('ReadWriteOncePod')
    ? [forbiddenField('spec.accessModes', 'may not use ReadWriteOncePod with other access modes')]
    : [];
