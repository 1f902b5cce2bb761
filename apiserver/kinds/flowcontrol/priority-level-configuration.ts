import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';
import { STATUS } from '../verbs';
import { NONE, conditionProblems } from './fields';

interface Shares {
  nominalConcurrencyShares?: number;
  lendablePercent?: number;
}
interface Queuing {
  queues?: number;
  handSize?: number;
  queueLengthLimit?: number;
}
interface Limited extends Shares {
  readonly borrowingLimitPercent?: number;
  readonly limitResponse?: { readonly type?: string; readonly queuing?: Queuing };
}
interface Spec {
  readonly type?: string;
  readonly exempt?: Shares;
  readonly limited?: Limited;
}

const DEFAULT_SHARES = 30;
const DEFAULT_QUEUING = { queues: 64, handSize: 8, queueLengthLimit: 50 };
const MAX_QUEUES = 10_000_000;
/** Bits of the hash by which a flow is dealt its hand of queues. */
const MAX_HASH_BITS = 60;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};
const queuingOf = (object: StoredObject): Queuing | undefined => specOf(object).limited?.limitResponse?.queuing;

/** How many requests of a priority level run at a time. Kept and judged; our server limits nobody by them. */
export const priorityLevelConfiguration = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  namespaced: false,
  subresources: [STATUS],
  schema: 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration',
  columns: [
    nameColumn,
    column('Type', (object) => specOf(object).type ?? ''),
    column('NominalConcurrencyShares', (object) => {
      const { limited, exempt } = specOf(object);
      return (limited ?? exempt)?.nominalConcurrencyShares ?? NONE;
    }),
    column('Queues', (object) => queuingOf(object)?.queues ?? NONE),
    column('HandSize', (object) => queuingOf(object)?.handSize ?? NONE),
    column('QueueLengthLimit', (object) => queuingOf(object)?.queueLengthLimit ?? NONE),
    ageColumn,
  ],
  hasStatus: true,
  statusKeeps: 'metadata',
  hasGeneration: true,
  setDefaults(object) {
    const { exempt, limited } = specOf(object);
    if (exempt !== undefined) fill(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 });
    if (limited !== undefined) fill(limited, { nominalConcurrencyShares: DEFAULT_SHARES, lendablePercent: 0 });
    const queuing = limited?.limitResponse?.queuing;
    if (queuing !== undefined) fill(queuing, DEFAULT_QUEUING);
  },
  validate: (object) => [...specProblems(object.metadata?.name ?? '', specOf(object)), ...conditionProblems(object)],
});

/** Sets what is absent. */
function fill(target: object, defaults: object): void {
  Object.assign(target, { ...defaults, ...target });
}

function specProblems(name: string, { type = '', exempt, limited }: Spec): readonly StatusCause[] {
  return [
    ...((name === 'exempt') === (type === 'Exempt')
      ? []
      : [invalidValue('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'")]),
    ...typeProblems(type, exempt, limited),
  ];
}

function typeProblems(type: string, exempt: Shares | undefined, limited: Limited | undefined): readonly StatusCause[] {
  switch (type) {
    case 'Exempt':
      return [
        ...(limited === undefined ? [] : [forbiddenField('spec.limited', 'must be nil if the type is not Limited')]),
        ...shareProblems('spec.exempt', exempt),
      ];
    case 'Limited':
      return [
        ...(exempt === undefined ? [] : [forbiddenField('spec.exempt', 'must be nil if the type is Limited')]),
        ...(limited === undefined
          ? [required('spec.limited', 'must not be empty when type is Limited')]
          : limitedProblems(limited)),
      ];
    default:
      return [notSupported('spec.type', type, ['Exempt', 'Limited'])];
  }
}

function shareProblems(
  path: string,
  { nominalConcurrencyShares = 0, lendablePercent = 0 }: Shares = {},
): StatusCause[] {
  return [
    ...(nominalConcurrencyShares < 0
      ? [invalidValue(`${path}.nominalConcurrencyShares`, nominalConcurrencyShares, 'must be a non-negative integer')]
      : []),
    ...(lendablePercent < 0 || lendablePercent > 100
      ? [invalidValue(`${path}.lendablePercent`, lendablePercent, 'must be between 0 and 100, inclusive')]
      : []),
  ];
}

function limitedProblems(limited: Limited): readonly StatusCause[] {
  const { borrowingLimitPercent = 0, limitResponse: { type = '', queuing } = {} } = limited;
  const path = 'spec.limited.limitResponse';
  return [
    ...shareProblems('spec.limited', limited),
    ...(borrowingLimitPercent < 0
      ? [
          invalidValue(
            'spec.limited.borrowingLimitPercent',
            borrowingLimitPercent,
            'if specified, must be a non-negative integer',
          ),
        ]
      : []),
    ...(['Queue', 'Reject'].includes(type) ? [] : [notSupported(`${path}.type`, type, ['Queue', 'Reject'])]),
    ...(type === 'Reject' && queuing !== undefined
      ? [forbiddenField(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')]
      : []),
    ...(type === 'Queue' && queuing === undefined
      ? [required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')]
      : []),
    ...(type === 'Queue' && queuing !== undefined ? queuingProblems(queuing, `${path}.queuing`) : []),
  ];
}

function queuingProblems(
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: Queuing,
  path: string,
): readonly StatusCause[] {
  const bits = Math.ceil(Math.log2(queues) * handSize);
  const wrong = (field: keyof Queuing, value: number, why: string): StatusCause[] => [
    invalidValue(`${path}.${field}`, value, why),
  ];
  return [
    ...(queueLengthLimit <= 0 ? wrong('queueLengthLimit', queueLengthLimit, 'must be positive') : []),
    ...(queues <= 0 ? wrong('queues', queues, 'must be positive') : []),
    ...(queues > MAX_QUEUES ? wrong('queues', queues, `must not be greater than ${MAX_QUEUES}`) : []),
    ...(handSize <= 0
      ? wrong('handSize', handSize, 'must be positive')
      : handSize > queues
        ? wrong('handSize', handSize, `should not be greater than queues (${queues})`)
        : bits > MAX_HASH_BITS
          ? wrong(
              'handSize',
              handSize,
              `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`,
            )
          : []),
  ];
}
