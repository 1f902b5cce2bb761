import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isDns1123Subdomain } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { checkName, each, invalidValue, notSupported, required } from '../validation/field-errors';
import { STATUS } from '../verbs';
import { NONE, conditionProblems, conditionsOf } from './fields';
import type { FlowRule } from './rule-problems';
import { flowRuleProblems } from './rule-problems';

interface Spec {
  matchingPrecedence?: number;
  readonly priorityLevelConfiguration?: { readonly name?: string };
  readonly distinguisherMethod?: { readonly type?: string };
  readonly rules?: readonly FlowRule[];
}

const DEFAULT_PRECEDENCE = 1_000;
const MAX_PRECEDENCE = 10_000;
const DISTINGUISHERS = ['ByNamespace', 'ByUser'];
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};

/** Which requests are of which priority level. Kept and judged; our server limits nobody by them. */
export const flowSchema = defineKind({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  plural: 'flowschemas',
  namespaced: false,
  subresources: [STATUS],
  schema: 'io.k8s.api.flowcontrol.v1.FlowSchema',
  columns: [
    nameColumn,
    column('PriorityLevel', (object) => specOf(object).priorityLevelConfiguration?.name ?? ''),
    column('MatchingPrecedence', (object) => specOf(object).matchingPrecedence ?? 0),
    column('DistinguisherMethod', (object) => specOf(object).distinguisherMethod?.type ?? NONE),
    ageColumn,
    column('MissingPL', (object) => conditionsOf(object).find(({ type }) => type === 'Dangling')?.status ?? '?', {
      description: 'references a broken or non-existent PriorityLevelConfiguration',
    }),
  ],
  hasStatus: true,
  statusKeeps: 'metadata',
  hasGeneration: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    if ((spec.matchingPrecedence ?? 0) === 0) spec.matchingPrecedence = DEFAULT_PRECEDENCE;
  },
  validate: (object) => [...specProblems(object.metadata?.name ?? '', specOf(object)), ...conditionProblems(object)],
});

function specProblems(name: string, spec: Spec): readonly StatusCause[] {
  const { matchingPrecedence: precedence = 0, priorityLevelConfiguration: level, distinguisherMethod: method } = spec;
  const misplaced = (why: string): StatusCause => invalidValue('spec.matchingPrecedence', precedence, why);
  return [
    ...(precedence <= 0 ? [misplaced('must be a positive value')] : []),
    ...(precedence > MAX_PRECEDENCE ? [misplaced(`must not be greater than ${MAX_PRECEDENCE}`)] : []),
    ...(precedence === 1 && name !== 'exempt'
      ? [misplaced("only the schema named 'exempt' may have matchingPrecedence 1")]
      : []),
    ...(method === undefined || DISTINGUISHERS.includes(method.type ?? '')
      ? []
      : [notSupported('spec.distinguisherMethod.type', method, DISTINGUISHERS)]),
    ...((level?.name ?? '') === ''
      ? [required('spec.priorityLevelConfiguration.name', 'must reference a priority level')]
      : checkName('spec.priorityLevelConfiguration.name', level?.name, isDns1123Subdomain)),
    ...each('spec.rules', spec.rules, flowRuleProblems),
  ];
}
