import type { ApiObject, StoredObject } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { ageColumn, column, nameColumn } from './columns';
import type { Kind } from './kind';
import { forbiddenField, invalidValue, notSupported } from './validation/field-errors';
import { immutable } from './validation/object-meta';
import { ALL_VERBS } from './verbs';

/** The highest priority that is not the system's. */
const MAX_USER_PRIORITY = 1_000_000_000;
const SYSTEM_PREFIX = 'system-';
const POLICIES = ['PreemptLowerPriority', 'Never'];

/** The classes of the cluster's own pods, which are there from the start. */
export const SYSTEM_PRIORITY_CLASSES = [
  {
    name: 'system-node-critical',
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    name: 'system-cluster-critical',
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
] as const;

export const priorityClass: Kind = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  namespaced: false,
  shortNames: ['pc'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: 'io.k8s.api.scheduling.v1.PriorityClass',
  columns: [
    nameColumn,
    column('Value', valueOf, { type: 'integer', description: 'The integer value of this priority class' }),
    column('Global-Default', (object) => object['globalDefault'] === true, {
      type: 'boolean',
      description: 'Whether pods that name no class have this priority',
    }),
    ageColumn,
    column('PreemptionPolicy', (object) => String(object['preemptionPolicy'] ?? ''), {
      description: 'Whether pods of this class may evict others',
    }),
  ],
  fieldSelectors: [],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: true,
  setDefaults(object) {
    object['preemptionPolicy'] ??= 'PreemptLowerPriority';
    object['value'] ??= 0;
  },
  validate: problems,
  validateUpdate: (object, old) => [
    ...(valueOf(object) === valueOf(old) ? [] : [forbiddenField('value', 'may not be changed in an update.')]),
    ...immutable('preemptionPolicy', object['preemptionPolicy'], old['preemptionPolicy']),
  ],
};

function valueOf(object: ApiObject | StoredObject): number {
  return typeof object['value'] === 'number' ? object['value'] : 0;
}

function problems(object: ApiObject): readonly StatusCause[] {
  const name = object.metadata?.name ?? '';
  const value = valueOf(object);
  const policy = object['preemptionPolicy'];
  const known = SYSTEM_PRIORITY_CLASSES.find((each) => each.name === name);
  return [
    ...(name.startsWith(SYSTEM_PREFIX) && known?.value !== value
      ? [
          forbiddenField(
            'metadata.name',
            `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${known === undefined ? `${name} is not a known system priority class` : `value of ${name} PriorityClass must be ${known.value}`}`,
          ),
        ]
      : []),
    ...(!name.startsWith(SYSTEM_PREFIX) && value > MAX_USER_PRIORITY
      ? [forbiddenField('value', `maximum allowed value of a user defined priority is ${MAX_USER_PRIORITY}`)]
      : []),
    ...(typeof policy === 'string' && !POLICIES.includes(policy)
      ? [notSupported('preemptionPolicy', policy, POLICIES)]
      : []),
    ...(typeof policy !== 'string' ? [invalidValue('preemptionPolicy', policy, 'must be a string')] : []),
  ];
}
