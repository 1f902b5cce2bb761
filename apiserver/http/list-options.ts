import type { StatusCause } from '../../shared/status-error';
import { invalid } from '../../shared/status-error';
import { forbiddenField, notSupported } from '../kinds/validation/field-errors';

const FIELD = 'resourceVersionMatch';
const NOT_OLDER_THAN = 'NotOlderThan';
const MATCHES: readonly string[] = ['Exact', NOT_OLDER_THAN];

/** Throws Invalid for options of a list that contradict each other, in Kubernetes' words. */
export function checkListOptions(query: URLSearchParams): void {
  const match = query.get(FIELD) ?? '';
  refuse([
    ...(match === '' ? [] : problemsOfMatch(query, match)),
    ...(query.has('sendInitialEvents')
      ? [forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list')]
      : []),
  ]);
}

function problemsOfMatch(query: URLSearchParams, match: string): readonly StatusCause[] {
  const version = query.get('resourceVersion') ?? '';
  const forbidden: readonly (readonly [boolean, string])[] = [
    [version === '', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
    [isContinued(query), 'resourceVersionMatch is forbidden when continue is provided'],
    [match === 'Exact' && version === '0', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
  ];
  return [
    ...(MATCHES.includes(match) ? [] : [notSupported(FIELD, match, [...MATCHES, ''])]),
    ...forbidden.filter(([holds]) => holds).map(([, detail]) => forbiddenField(FIELD, detail)),
  ];
}

/** The same of a watch. */
export function checkWatchOptions(query: URLSearchParams): void {
  const match = query.get(FIELD) ?? '';
  const sendsInitial = query.has('sendInitialEvents');
  const forbidden: readonly (readonly [boolean, string])[] = [
    [
      sendsInitial && match !== NOT_OLDER_THAN,
      `sendInitialEvents requires setting resourceVersionMatch to ${NOT_OLDER_THAN}`,
    ],
    [!sendsInitial && match !== '', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'],
    [match !== '' && isContinued(query), 'resourceVersionMatch is forbidden when continue is provided'],
  ];
  refuse([
    ...(match === '' || match === NOT_OLDER_THAN ? [] : [notSupported(FIELD, match, [NOT_OLDER_THAN])]),
    ...forbidden.filter(([holds]) => holds).map(([, detail]) => forbiddenField(FIELD, detail)),
  ]);
}

const isContinued = (query: URLSearchParams): boolean => (query.get('continue') ?? '') !== '';

function refuse(causes: readonly StatusCause[]): void {
  if (causes.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', causes);
}
