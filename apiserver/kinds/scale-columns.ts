import type { Scale, StoredObject } from '../../shared/api/objects';
import { ageColumn, column, nameColumn } from './columns';
import type { Column } from './kind';

const asScale = (object: StoredObject): Scale => object as unknown as Scale;
const { format: _, ...plainName } = nameColumn;

/** Of what stands behind `/scale` of every kind that has it. */
export const scaleColumns: readonly Column[] = [
  plainName,
  column('Desired', (object) => asScale(object).spec?.replicas ?? 0, {
    type: 'integer',
    description: 'How many pods there should be.',
  }),
  column('Available', (object) => asScale(object).status?.replicas ?? 0, {
    type: 'integer',
    description: 'How many pods there are.',
  }),
  ageColumn,
];
