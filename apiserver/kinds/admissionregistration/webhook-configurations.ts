import type { MutatingWebhook, ValidatingWebhook } from 'kubernetes-types/admissionregistration/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { MatchConditions } from '../../cel/match-conditions';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { validateLabelSelector } from '../validation/label-selector';
import { clientConfigProblems } from '../validation/client-config';
import { duplicate, each, forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';

const CONDITIONS = new MatchConditions();
const GROUP = 'admissionregistration.k8s.io';
const TIMEOUT_SECONDS = 10;
const FAILURE_POLICIES = ['Fail', 'Ignore'];
const MATCH_POLICIES = ['Equivalent', 'Exact'];
const SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const SCOPES = ['*', 'Cluster', 'Namespaced'];
const OPERATIONS = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const VERSIONS = ['v1', 'v1beta1'];

/** The published type leaves out what a rule inherits. */
interface RuleWithOperations {
  operations?: string[];
  apiGroups?: string[];
  apiVersions?: string[];
  resources?: string[];
  scope?: string;
}
type Webhook = Omit<ValidatingWebhook, 'rules'> &
  Pick<MutatingWebhook, 'reinvocationPolicy'> & { rules?: RuleWithOperations[] };
const webhooksOf = (object: ApiObject | StoredObject): Webhook[] => (object['webhooks'] as Webhook[] | undefined) ?? [];

function setDefaults(webhook: Webhook): void {
  webhook.failurePolicy ??= 'Fail';
  webhook.matchPolicy ??= 'Equivalent';
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= TIMEOUT_SECONDS;
  const { service } = (webhook.clientConfig as Webhook['clientConfig'] | undefined) ?? {};
  if (service !== undefined) service.port ??= 443;
  for (const rule of webhook.rules ?? []) rule.scope ??= '*';
}

function validate(object: ApiObject): readonly StatusCause[] {
  const names = new Set<string>();
  return each('webhooks', webhooksOf(object), (webhook, path) => {
    const { name = '', clientConfig, timeoutSeconds = 0, admissionReviewVersions = [] } = webhook;
    const oneOf = (field: string, value: string | undefined, allowed: readonly string[]): readonly StatusCause[] =>
      allowed.includes(value ?? '') ? [] : [notSupported(`${path}.${field}`, value ?? '', allowed)];
    const found = [
      ...(name === ''
        ? [required(`${path}.name`)]
        : name.split('.').length < 3
          ? [invalidValue(`${path}.name`, name, 'should be a domain with at least three segments separated by dots')]
          : []),
      ...(names.has(name) ? [duplicate(`${path}.name`, name)] : []),
      ...clientConfigProblems(clientConfig, `${path}.clientConfig`),
      ...(timeoutSeconds < 1 || timeoutSeconds > 30
        ? [invalidValue(`${path}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
        : []),
      ...(admissionReviewVersions.length === 0
        ? [required(`${path}.admissionReviewVersions`, `must specify one of ${VERSIONS.join(', ')}`)]
        : admissionReviewVersions.some((version) => VERSIONS.includes(version))
          ? []
          : [
              invalidValue(
                `${path}.admissionReviewVersions`,
                admissionReviewVersions,
                `must include at least one of ${VERSIONS.join(', ')}`,
              ),
            ]),
      ...oneOf('failurePolicy', webhook.failurePolicy, FAILURE_POLICIES),
      ...oneOf('matchPolicy', webhook.matchPolicy, MATCH_POLICIES),
      ...oneOf('sideEffects', webhook.sideEffects, SIDE_EFFECTS),
      ...validateLabelSelector(`${path}.namespaceSelector`, webhook.namespaceSelector),
      ...validateLabelSelector(`${path}.objectSelector`, webhook.objectSelector),
      ...each(`${path}.matchConditions`, webhook.matchConditions, ({ name: condition = '', expression = '' }, at) => {
        const problem = condition === '' ? undefined : CONDITIONS.problemOf(expression);
        return condition === ''
          ? [required(`${at}.name`)]
          : problem === undefined
            ? []
            : [invalidValue(`${at}.expression`, expression, `compilation failed: ${problem}`)];
      }),
      ...each(
        `${path}.rules`,
        webhook.rules,
        ({ operations = [], apiGroups = [], apiVersions = [], resources = [], scope }, at) => [
          ...(operations.length === 0 ? [required(`${at}.operations`)] : []),
          ...(operations.includes('*') && operations.length > 1
            ? [forbiddenField(`${at}.operations`, "if '*' is present, must not specify other operations")]
            : []),
          ...each(`${at}.operations`, operations, (operation, where) =>
            OPERATIONS.includes(operation) ? [] : [notSupported(where, operation, OPERATIONS)],
          ),
          ...(apiGroups.length === 0 ? [required(`${at}.apiGroups`)] : []),
          ...(apiVersions.length === 0 ? [required(`${at}.apiVersions`)] : []),
          ...(resources.length === 0 ? [required(`${at}.resources`)] : []),
          ...(SCOPES.includes(scope ?? '') ? [] : [notSupported(`${at}.scope`, scope ?? '', SCOPES)]),
        ],
      ),
    ];
    names.add(name);
    return found;
  });
}

const webhookCount = column('Webhooks', (object) => webhooksOf(object).length, {
  type: 'integer',
  description: 'The number of webhooks it names',
});

export const validatingWebhookConfiguration = defineKind({
  group: GROUP,
  version: 'v1',
  kind: 'ValidatingWebhookConfiguration',
  plural: 'validatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  hasGeneration: true,
  needsResourceVersion: true,
  schema: 'io.k8s.api.admissionregistration.v1.ValidatingWebhookConfiguration',
  columns: [nameColumn, webhookCount, ageColumn],
  setDefaults: (object) => webhooksOf(object).forEach(setDefaults),
  validate,
});

export const mutatingWebhookConfiguration = defineKind({
  group: GROUP,
  version: 'v1',
  kind: 'MutatingWebhookConfiguration',
  plural: 'mutatingwebhookconfigurations',
  namespaced: false,
  categories: ['api-extensions'],
  hasGeneration: true,
  needsResourceVersion: true,
  schema: 'io.k8s.api.admissionregistration.v1.MutatingWebhookConfiguration',
  columns: [nameColumn, webhookCount, ageColumn],
  setDefaults(object) {
    for (const webhook of webhooksOf(object)) {
      setDefaults(webhook);
      webhook.reinvocationPolicy ??= 'Never';
    }
  },
  validate,
});
