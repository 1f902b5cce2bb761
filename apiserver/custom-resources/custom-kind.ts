import type {
  CustomResourceColumnDefinition,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
} from 'kubernetes-types/apiextensions/v1';
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { select } from '../../shared/json-path';
import type { StatusCause } from '../../shared/status-error';
import { ageColumn, ago, column, nameColumn } from '../kinds/columns';
import { defineKind } from '../kinds/define-kind';
import type { Column, Conversion, CustomType, Kind } from '../kinds/kind';
import { SCALE, STATUS } from '../kinds/verbs';
import type { Shape } from '../managed-fields/shape';
import { shapeOfSchema } from '../managed-fields/shape';
import type { Decoder } from '../openapi/decode';
import type { Schema, Schemas } from '../openapi/schemas';
import { shapeOfJsonSchema } from './custom-shape';
import type { WebhookCalls } from './conversion-webhook';
import { createAskConversion } from './conversion-webhook';
import { setSchemaDefaults } from './defaulting';
import type { Fields, JsonSchema } from './json-schema';
import { openApiOf } from './open-api';
import { prune } from './prune';
import { validateValue } from './validate-value';
import { ValidationRules } from './validation-rules';

const OBJECT_META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

export interface Definition {
  readonly spec: CustomResourceDefinitionSpec;
}

/** What custom kinds share with the built-in ones: the type of metadata. */
export interface MetaTypes {
  readonly schemas: Schemas;
  readonly decoder: Decoder;
  /** How conversion webhooks are asked; absent: they are not. */
  readonly webhooks?: WebhookCalls;
}

/** One kind for each version that a definition serves. */
export const customKinds = (definition: Definition, types: MetaTypes): readonly Kind[] =>
  definition.spec.versions.filter(({ served }) => served).map((version) => customKind(definition, version, types));

function customKind({ spec }: Definition, version: CustomResourceDefinitionVersion, types: MetaTypes): Kind {
  const { group, names, scope } = spec;
  const schema = schemaOf(version);
  const rules = new ValidationRules(schema);
  const hasStatus = version.subresources?.status !== undefined;
  const scale = version.subresources?.scale;
  const conversion = conversionOf(spec, version.name, types);
  return defineKind({
    group,
    version: version.name,
    kind: names.kind,
    plural: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    namespaced: scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    subresources: [...(hasStatus ? [STATUS] : []), ...(scale === undefined ? [] : [SCALE])],
    schema: `${group.split('.').reverse().join('.')}.${version.name}.${names.kind}`,
    columns: columnsOf(version.additionalPrinterColumns),
    fieldSelectors: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
    hasStatus,
    statusKeeps: 'metadata',
    needsResourceVersion: true,
    hasGeneration: true,
    ...(version.deprecated === true
      ? { deprecation: version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated` }
      : {}),
    setDefaults: (object) => setSchemaDefaults(object, schema),
    validateCreate: (object) => problemsOf(object, schema, rules),
    validateUpdate: (object, old) => problemsOf(object, schema, rules, old),
    custom: customType({ group, version: version.name, kind: names.kind, schema }, types),
    ...(conversion === undefined ? {} : { conversion }),
    ...(scale === undefined
      ? {}
      : {
          scale: {
            replicas: scale.specReplicasPath.replace(/^\./, ''),
            statusReplicas: scale.statusReplicasPath.replace(/^\./, ''),
            ...(scale.labelSelectorPath === undefined ? {} : { selector: scale.labelSelectorPath.replace(/^\./, '') }),
          },
        }),
  });
}

const schemaOf = (version: CustomResourceDefinitionVersion): JsonSchema =>
  (version.schema?.openAPIV3Schema as JsonSchema | undefined) ?? {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
  };

/** metadata has its own type. */
const withoutMeta = (object: ApiObject): ApiObject => {
  const { apiVersion: _a, kind: _k, metadata: _m, ...fields } = object;
  return fields;
};

function customType(
  { group, version, kind, schema }: { group: string; version: string; kind: string; schema: JsonSchema },
  { schemas, decoder }: MetaTypes,
): CustomType {
  const metaShape = shapeOfSchema(schemas, OBJECT_META);
  const fieldsShape = shapeOfJsonSchema(schema);
  const shape: Shape = {
    as: 'fields',
    field: (name) =>
      name === 'metadata' || fieldsShape.as !== 'fields'
        ? { shape: metaShape, isNamed: true, isAlwaysThere: true }
        : fieldsShape.field(name),
  };
  return {
    openApi: openApiOf(schema) as Schema,
    shape,
    decode(body) {
      const decoded = decoder.decode({ group, version, kind, schema: OBJECT_META }, body.metadata ?? {});
      const unknownFields = decoded.unknownFields.map((path) => `metadata.${path}`);
      const fields = prune(withoutMeta(structuredClone(body)), schema, '', unknownFields) as ApiObject;
      const { apiVersion, kind: name } = body;
      return {
        object: {
          ...(apiVersion === undefined ? {} : { apiVersion }),
          ...(name === undefined ? {} : { kind: name }),
          metadata: decoded.object as NonNullable<ApiObject['metadata']>,
          ...fields,
        },
        unknownFields,
      };
    },
  };
}

function problemsOf(
  object: ApiObject,
  schema: JsonSchema,
  rules: ValidationRules,
  old?: ApiObject,
): readonly StatusCause[] {
  const problems = withoutOldDuplicates(validateFields(object, schema, old), schema, old);
  // Rules may rely on the types that the schema gives.
  return problems.length > 0 ? problems : rules.check(object, old);
}

/** That items of a list are the same is no news where some were before. */
function withoutOldDuplicates(
  problems: readonly StatusCause[],
  schema: JsonSchema,
  old: ApiObject | undefined,
): readonly StatusCause[] {
  const isDuplicate = ({ reason }: StatusCause): boolean => reason === 'FieldValueDuplicate';
  if (old === undefined || !problems.some(isDuplicate)) return problems;
  return validateFields(old, schema).some(isDuplicate) ? problems.filter((each) => !isDuplicate(each)) : problems;
}

function validateFields(object: ApiObject, schema: JsonSchema, old?: ApiObject): readonly StatusCause[] {
  const { properties: { metadata, ...properties } = {}, required = [], ...rest } = schema;
  const fields = { ...rest, properties, required: required.filter((name) => name !== 'metadata') };
  const before = old === undefined ? {} : { old: { value: withoutMeta(old) } };
  return [
    ...(metadata === undefined ? [] : validateValue(namesOf(object), namesSchema(metadata), 'metadata')),
    ...validateValue(withoutMeta(object), fields, '', before),
  ];
}

/** What a definition may ask of metadata: how objects are called. */
function namesOf({ metadata = {} }: ApiObject): Fields {
  const { name, generateName } = metadata;
  return { ...(name === undefined ? {} : { name }), ...(generateName === undefined ? {} : { generateName }) };
}
const namesSchema = ({ properties = {} }: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    Object.entries(properties).filter(([field]) => field === 'name' || field === 'generateName'),
  ),
});

/** Between versions of a definition without a webhook only apiVersion differs. */
function conversionOf(
  spec: CustomResourceDefinitionSpec,
  version: string,
  { webhooks }: MetaTypes,
): Conversion | undefined {
  if (spec.versions.length < 2) return undefined;
  const storage = spec.versions.find((each) => each.storage)?.name ?? version;
  const as = (name: string) => (object: StoredObject) => ({ ...object, apiVersion: `${spec.group}/${name}` });
  const { conversion } = spec;
  return {
    toStored: as(storage),
    fromStored: as(version),
    ...(conversion?.strategy === 'Webhook' && webhooks !== undefined
      ? { ask: createAskConversion(conversion, spec.names.kind, webhooks) }
      : {}),
  };
}

function columnsOf(definitions: readonly CustomResourceColumnDefinition[] | undefined): readonly Column[] {
  if (definitions === undefined || definitions.length === 0) return [nameColumn, ageColumn];
  return [nameColumn, ...definitions.map(printerColumn)];
}

function printerColumn(definition: CustomResourceColumnDefinition): Column {
  const { name, type, description = '', jsonPath, priority = 0 } = definition;
  const built = column(name, (object, nowMs) => cellOf(type, select(jsonPath, object), nowMs), {
    type: type === 'date' ? 'string' : (type as Column['type']),
    ...(definition.format === undefined ? {} : { format: definition.format }),
    description,
  });
  return { ...built, type: type as Column['type'], priority: priority === 0 ? 0 : 1 };
}

/** As kubectl shows them: dates as ages, several results joined, other types as they are. */
function cellOf(type: string, found: readonly unknown[], nowMs: number): ReturnType<Column['cell']> {
  const [first] = found;
  if (first === undefined || first === null) return null;
  switch (type) {
    case 'date':
      return typeof first === 'string' ? ago(first, nowMs) : '<invalid>';
    case 'integer':
    case 'number':
      return typeof first === 'number' ? first : null;
    case 'boolean':
      return typeof first === 'boolean' ? first : null;
    default:
      return found.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(',');
  }
}
