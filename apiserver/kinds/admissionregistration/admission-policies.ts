import type { ApiObject, LabelSelector, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { CelError, Expressions } from '../../cel/expression';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { selectorText } from '../selector-text';
import { each, forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';
import { validateLabelSelector } from '../validation/label-selector';
import { STATUS } from '../verbs';

const GROUP = 'admissionregistration.k8s.io';
const ACTIONS = ['Audit', 'Deny', 'Warn'];
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge', 'Unauthorized'];
const NOT_FOUND_ACTIONS = ['Allow', 'Deny'];

/** What expressions of a policy see. */
export const POLICY_VARIABLES = [
  'object',
  'oldObject',
  'request',
  'params',
  'namespaceObject',
  'variables',
  'authorizer',
] as const;

export interface PolicyRule {
  readonly operations?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly apiVersions?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  scope?: string;
}
export interface MatchResources {
  resourceRules?: PolicyRule[];
  excludeResourceRules?: PolicyRule[];
  namespaceSelector?: LabelSelector;
  objectSelector?: LabelSelector;
  matchPolicy?: string;
}
export interface PolicySpec {
  readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string };
  matchConstraints?: MatchResources;
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[];
  readonly variables?: readonly { readonly name: string; readonly expression: string }[];
  readonly validations?: readonly {
    readonly expression: string;
    readonly message?: string;
    readonly messageExpression?: string;
    readonly reason?: string;
  }[];
  readonly auditAnnotations?: readonly { readonly key: string; readonly valueExpression: string }[];
  failurePolicy?: string;
}
export interface BindingSpec {
  readonly policyName?: string;
  readonly paramRef?: {
    readonly name?: string;
    readonly namespace?: string;
    readonly selector?: LabelSelector;
    readonly parameterNotFoundAction?: string;
  };
  matchResources?: MatchResources;
  readonly validationActions?: readonly string[];
}

export const policySpecOf = (object: ApiObject | StoredObject): PolicySpec => (object['spec'] ?? {}) as PolicySpec;
export const bindingSpecOf = (object: ApiObject | StoredObject): BindingSpec => (object['spec'] ?? {}) as BindingSpec;

function fill(match: MatchResources | undefined): void {
  if (match === undefined) return;
  match.matchPolicy ??= 'Equivalent';
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rule of [...(match.resourceRules ?? []), ...(match.excludeResourceRules ?? [])]) rule.scope ??= '*';
}

export const validatingAdmissionPolicy = defineKind({
  group: GROUP,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  namespaced: false,
  categories: ['api-extensions'],
  subresources: [STATUS],
  hasStatus: true,
  statusKeeps: 'metadata',
  hasGeneration: true,
  needsResourceVersion: true,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy',
  columns: [
    nameColumn,
    column('Validations', (object) => (policySpecOf(object).validations ?? []).length, {
      type: 'integer',
      description: 'The number of validations it makes',
    }),
    column('ParamKind', (object) => paramKindText(policySpecOf(object)), {
      description: 'What it takes its limits from',
    }),
    ageColumn,
  ],
  setDefaults(object) {
    const spec = policySpecOf(object);
    spec.failurePolicy ??= 'Fail';
    fill(spec.matchConstraints);
  },
  validate: (object) => policyProblems(policySpecOf(object)),
});

const paramKindText = ({ paramKind }: PolicySpec): string =>
  paramKind === undefined ? '<unset>' : `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}`;

function policyProblems(spec: PolicySpec): readonly StatusCause[] {
  const cel = new Expressions(POLICY_VARIABLES);
  const expression = (field: string, text: string | undefined): readonly StatusCause[] => {
    if (text === undefined || text.trim() === '') return [required(field)];
    try {
      cel.compile(text);
      return [];
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return [invalidValue(field, text, `compilation failed: ${error.message}`)];
    }
  };
  const { matchConstraints, validations = [], auditAnnotations = [], failurePolicy = '' } = spec;
  return [
    ...(validations.length + auditAnnotations.length === 0
      ? [required('spec.validations', 'validations or auditAnnotations must contain at least one item')]
      : []),
    ...(['Fail', 'Ignore'].includes(failurePolicy)
      ? []
      : [notSupported('spec.failurePolicy', failurePolicy, ['Fail', 'Ignore'])]),
    ...((matchConstraints?.resourceRules ?? []).length === 0 ? [required('spec.matchConstraints.resourceRules')] : []),
    ...matchProblems('spec.matchConstraints', matchConstraints),
    ...each('spec.matchConditions', spec.matchConditions, (condition, at) =>
      expression(`${at}.expression`, condition.expression),
    ),
    ...each('spec.variables', spec.variables, (variable, at) => expression(`${at}.expression`, variable.expression)),
    ...each('spec.validations', validations, (validation, at) => [
      ...expression(`${at}.expression`, validation.expression),
      ...(validation.messageExpression === undefined
        ? []
        : expression(`${at}.messageExpression`, validation.messageExpression)),
      ...(validation.reason === undefined || REASONS.includes(validation.reason)
        ? []
        : [notSupported(`${at}.reason`, validation.reason, REASONS)]),
    ]),
    ...each('spec.auditAnnotations', auditAnnotations, (annotation, at) =>
      expression(`${at}.valueExpression`, annotation.valueExpression),
    ),
  ];
}

const matchProblems = (path: string, match: MatchResources | undefined): readonly StatusCause[] =>
  match === undefined
    ? []
    : [
        ...validateLabelSelector(`${path}.namespaceSelector`, match.namespaceSelector),
        ...validateLabelSelector(`${path}.objectSelector`, match.objectSelector),
      ];

export const validatingAdmissionPolicyBinding = defineKind({
  group: GROUP,
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  namespaced: false,
  categories: ['api-extensions'],
  hasGeneration: true,
  needsResourceVersion: true,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding',
  columns: [
    nameColumn,
    column('PolicyName', (object) => bindingSpecOf(object).policyName ?? '', {
      description: 'The policy that it puts to work',
    }),
    column('ParamRef', (object) => paramRefText(bindingSpecOf(object)), { description: 'Where its limits stand' }),
    ageColumn,
  ],
  setDefaults: (object) => fill(bindingSpecOf(object).matchResources),
  validate(object) {
    const { policyName = '', validationActions = [], paramRef, matchResources } = bindingSpecOf(object);
    const action = paramRef?.parameterNotFoundAction ?? '';
    return [
      ...(policyName === '' ? [required('spec.policyName')] : []),
      ...(validationActions.length === 0 ? [required('spec.validationActions')] : []),
      ...each('spec.validationActions', validationActions, (each_, at) =>
        ACTIONS.includes(each_) ? [] : [notSupported(at, each_, ACTIONS)],
      ),
      ...(validationActions.includes('Deny') && validationActions.includes('Warn')
        ? [
            invalidValue(
              'spec.validationActions',
              validationActions,
              'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)',
            ),
          ]
        : []),
      ...(paramRef === undefined || NOT_FOUND_ACTIONS.includes(action)
        ? []
        : [required('spec.paramRef.parameterNotFoundAction')]),
      ...(paramRef !== undefined && (paramRef.name === undefined) === (paramRef.selector === undefined)
        ? [forbiddenField('spec.paramRef', 'name and selector are mutually exclusive, and one of them must be set')]
        : []),
      ...matchProblems('spec.matchResources', matchResources),
    ];
  },
});

function paramRefText({ paramRef }: BindingSpec): string {
  const { name = '', namespace = '', selector } = paramRef ?? {};
  // Whether the parameter has a namespace cannot be told from here.
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`;
  return selector === undefined ? '<unset>' : selectorText(selector);
}
