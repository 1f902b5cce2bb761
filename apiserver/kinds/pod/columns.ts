import type { Pod, StoredObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn } from '../columns';
import type { Column, RowCondition } from '../kind';
import { summarise } from './status-columns';

const asPod = (object: StoredObject): Pod => object as unknown as Pod;
const orNone = (text: string | undefined): string => (text === undefined || text === '' ? '<none>' : text);

export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (object, nowMs) => summarise(asPod(object), nowMs).ready, {
    description: 'The aggregate readiness state of this pod for accepting traffic.',
  }),
  column('Status', (object, nowMs) => summarise(asPod(object), nowMs).status, {
    description: 'The aggregate status of the containers in this pod.',
  }),
  column('Restarts', (object, nowMs) => summarise(asPod(object), nowMs).restarts, {
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  }),
  ageColumn,
  column('IP', (object) => orNone(asPod(object).status?.podIPs?.[0]?.ip ?? asPod(object).status?.podIP), {
    wide: true,
    description: 'IP address allocated to the pod.',
  }),
  column('Node', (object) => orNone(asPod(object).spec.nodeName), {
    wide: true,
    description: 'The node that the pod is assigned to.',
  }),
  column('Nominated Node', (object) => orNone(asPod(object).status?.nominatedNodeName), {
    wide: true,
    description: 'The node that the pod waits for room on.',
  }),
  column('Readiness Gates', (object) => gatesText(asPod(object)), {
    wide: true,
    description: 'How many of the conditions the pod waits for are met.',
  }),
];

const COMPLETED = { type: 'Completed', status: 'True' } as const;
const BY_PHASE: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: [{ ...COMPLETED, reason: 'Succeeded', message: 'The pod has completed successfully.' }],
  Failed: [{ ...COMPLETED, reason: 'Failed', message: 'The pod failed.' }],
};

export const podRowConditions = (object: StoredObject): readonly RowCondition[] =>
  BY_PHASE[asPod(object).status?.phase ?? ''] ?? [];

function gatesText({ spec, status }: Pod): string {
  const gates = spec.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const met = gates.filter(({ conditionType }) =>
    status?.conditions?.some(({ type, status: value }) => type === conditionType && value === 'True'),
  );
  return `${met.length}/${gates.length}`;
}
