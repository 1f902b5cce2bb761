import type { CustomResourceDefinitionSpec, CustomResourceDefinitionStatus } from 'kubernetes-types/apiextensions/v1';
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { isDns1035Label, isDns1123Subdomain } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import { defaultProblems } from '../custom-resources/default-problems';
import { approvalProblems, versionProblems } from '../custom-resources/definition-problems';
import type { JsonSchema } from '../custom-resources/json-schema';
import { ruleProblems } from '../custom-resources/rule-problems';
import { structuralProblems } from '../custom-resources/structural';
import { createdColumn, nameColumn } from './columns';
import { defineKind } from './define-kind';
import { clientConfigProblems } from './validation/client-config';
import { checkName, duplicate, each, invalidValue, notSupported, required } from './validation/field-errors';
import { immutable } from './validation/object-meta';
import { STATUS } from './verbs';

/** Holds a definition until its objects are gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';
const SCOPES = ['Cluster', 'Namespaced'];

type Spec = Partial<CustomResourceDefinitionSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};
const statusOf = (object: ApiObject | StoredObject): Partial<CustomResourceDefinitionStatus> =>
  (object['status'] as CustomResourceDefinitionStatus | undefined) ?? {};

export const customResourceDefinition = defineKind({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  namespaced: false,
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  subresources: [STATUS],
  schema: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
  columns: [nameColumn, createdColumn],
  hasStatus: true,
  hasGeneration: true,
  needsResourceVersion: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    spec.conversion ??= { strategy: 'None' };
    const { names } = spec;
    if (names === undefined) return;
    const { kind = '' } = names as Partial<typeof names>;
    if (kind === '') return;
    if ((names.singular ?? '') === '') names.singular = kind.toLowerCase();
    if ((names.listKind ?? '') === '') names.listKind = `${kind}List`;
  },
  prepareForCreate(object) {
    const metadata = (object.metadata ??= {});
    metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), CLEANUP_FINALIZER])];
    const stored = (specOf(object).versions ?? []).filter(({ storage }) => storage).map(({ name }) => name);
    object['status'] = { storedVersions: stored, acceptedNames: { plural: '', kind: '' }, conditions: [] };
  },
  validate,
  validateCreate: (object) => approvalProblems(specOf(object).group ?? '', object.metadata ?? {}),
  validateUpdate(object, old) {
    const isEstablished = (statusOf(old).conditions ?? []).some(
      ({ type, status }) => type === 'Established' && status === 'True',
    );
    const [spec, before] = [specOf(object), specOf(old)];
    const served = new Set((spec.versions ?? []).map(({ name }) => name));
    const lost = (statusOf(old).storedVersions ?? []).filter((name) => !served.has(name));
    return [
      ...approvalProblems(spec.group ?? '', object.metadata ?? {}, old.metadata),
      ...immutable('spec.group', spec.group, before.group),
      ...immutable('spec.names.plural', spec.names?.plural, before.names?.plural),
      ...(isEstablished ? immutable('spec.scope', spec.scope, before.scope) : []),
      ...(isEstablished ? immutable('spec.names.kind', spec.names?.kind, before.names?.kind) : []),
      ...lost.map((name) =>
        invalidValue(
          'status.storedVersions[0]',
          name,
          `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`,
        ),
      ),
    ];
  },
});

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { group = '', names, scope = '', versions = [] } = spec;
  const plural = names?.plural ?? '';
  const wanted = `${plural}.${group}`;
  const storageVersions = versions.filter(({ storage }) => storage);
  const seen = new Set<string>();
  return [
    ...(object.metadata?.name === wanted
      ? []
      : [invalidValue('metadata.name', object.metadata?.name, `must be spec.names.plural+"."+spec.group`)]),
    ...(group === ''
      ? [required('spec.group')]
      : [
          ...checkName('spec.group', group, isDns1123Subdomain),
          ...(group.includes('.')
            ? []
            : [invalidValue('spec.group', group, 'should be a domain with at least one dot')]),
        ]),
    ...(scope === ''
      ? [required('spec.scope')]
      : SCOPES.includes(scope)
        ? []
        : [notSupported('spec.scope', scope, SCOPES)]),
    ...(plural === '' ? [required('spec.names.plural')] : checkName('spec.names.plural', plural, isDns1035Label)),
    ...((names?.kind ?? '') === ''
      ? [required('spec.names.kind')]
      : checkName('spec.names.kind', names?.kind.toLowerCase(), isDns1035Label)),
    ...(versions.length === 0 ? [invalidValue('spec.versions', [], 'must have at least one version')] : []),
    ...(versions.length > 0 && storageVersions.length !== 1
      ? [
          invalidValue(
            'spec.versions',
            versions.map(({ name }) => name),
            'must have exactly one version marked as storage version',
          ),
        ]
      : []),
    ...conversionProblems(spec),
    ...each('spec.versions', versions, (version, path) => {
      const schema = version.schema?.openAPIV3Schema as JsonSchema | undefined;
      const found = [
        ...checkName(`${path}.name`, version.name, isDns1035Label),
        ...(seen.has(version.name) ? [duplicate(`${path}.name`, version.name)] : []),
        ...(schema === undefined
          ? [required(`${path}.schema.openAPIV3Schema`, 'schemas are required')]
          : schemaProblems(schema, `${path}.schema.openAPIV3Schema`)),
        ...versionProblems(version, path),
      ];
      seen.add(version.name);
      return found;
    }),
  ];
}

/** Rules are looked at where the schema says what they are about. */
function schemaProblems(schema: JsonSchema, field: string): readonly StatusCause[] {
  const structural = structuralProblems(schema, field);
  const problems = structural.length > 0 ? structural : defaultProblems(schema, field);
  return problems.length > 0 ? problems : ruleProblems(schema, field);
}

function conversionProblems({ conversion }: Spec): readonly StatusCause[] {
  const strategy = conversion?.strategy ?? '';
  if (strategy === 'None') return [];
  if (strategy !== 'Webhook') return [notSupported('spec.conversion.strategy', strategy, ['None', 'Webhook'])];
  const path = 'spec.conversion.webhook';
  const { clientConfig, conversionReviewVersions = [] } = conversion?.webhook ?? {};
  return [
    ...(clientConfig === undefined
      ? [required(`${path}.clientConfig`, 'required when strategy is set to Webhook')]
      : clientConfigProblems(clientConfig, `${path}.clientConfig`)),
    ...(conversionReviewVersions.length === 0
      ? [required(`${path}.conversionReviewVersions`)]
      : conversionReviewVersions.includes('v1')
        ? []
        : [
            invalidValue(
              `${path}.conversionReviewVersions`,
              conversionReviewVersions,
              'must include at least one of v1',
            ),
          ]),
  ];
}
