import type { KnownTypes } from '../../cel/expression';
import { CelError, FieldChecker } from '../../cel/expression';
import { escapedName } from '../../cel/values';
import type { PolicySpec } from '../../kinds/admissionregistration/admission-policies';
import { POLICY_VARIABLES } from '../../kinds/admissionregistration/admission-policies';
import type { Kind } from '../../kinds/kind';
import type { KindList } from '../../kinds/kind-list';
import type { Schema, Schemas } from '../../openapi/schemas';
import { refName } from '../../openapi/schemas';

/** What an expression reads that some of the kinds it is about do not have, or have otherwise. */
export interface ExpressionWarning {
  /** `spec.validations[0].expression` */
  readonly fieldRef: string;
  /** A line for each kind. */
  readonly warning: string;
}

export type PolicyTypeCheck = (spec: PolicySpec) => readonly ExpressionWarning[];

/** As Kubernetes: a policy about more kinds than that is checked for the first ones. */
const MAX_KINDS = 10;
const ANY = 'dyn';
/** CEL's words for what a schema says of a value. */
const PLAIN: Readonly<Record<string, string>> = { boolean: 'bool', integer: 'int', number: 'double', string: 'string' };

/** Checks the expressions of a policy against the schemas of the kinds that it names (KEP-3488: type checking). */
export const createPolicyTypeCheck =
  (kinds: KindList, schemas: Schemas): PolicyTypeCheck =>
  (spec) => {
    const checkers = kindsOf(spec, kinds).map((kind) => {
      const { apiVersion, kind: name } = spec.paramKind ?? {};
      const param = kinds.all.find((each) => versionOf(each) === apiVersion && each.kind === name);
      return { kind, checker: new FieldChecker(knownTypes(kind, param, schemas)) };
    });
    return expressionsOf(spec).flatMap(([fieldRef, text]) => {
      const lines = checkers.flatMap(({ kind, checker }) => {
        const problem = problemOf(checker, text);
        return problem === undefined ? [] : [`${versionOf(kind)}, Kind=${kind.kind}: ERROR: ${problem}`];
      });
      return lines.length === 0 ? [] : [{ fieldRef, warning: lines.join('\n') }];
    });
  };

const versionOf = ({ group, version }: Kind): string => (group === '' ? version : `${group}/${version}`);

/** Kinds that are named: one that says `*` could be anything. */
function kindsOf({ matchConstraints }: PolicySpec, kinds: KindList): readonly Kind[] {
  const named = (matchConstraints?.resourceRules ?? []).flatMap(
    ({ apiGroups = [], apiVersions = [], resources = [] }) =>
      apiGroups.flatMap((group) =>
        apiVersions.flatMap((version) =>
          resources.flatMap((resource) => kinds.byResource(group, version, resource) ?? []),
        ),
      ),
  );
  return [...new Set(named)].slice(0, MAX_KINDS);
}

function expressionsOf({ validations = [], variables = [], auditAnnotations = [] }: PolicySpec) {
  const at = (field: string, text: string | undefined) => (text === undefined ? [] : [[field, text] as const]);
  return [
    ...variables.flatMap(({ expression }, index) => at(`spec.variables[${index}].expression`, expression)),
    ...validations.flatMap(({ expression, messageExpression }, index) => [
      ...at(`spec.validations[${index}].expression`, expression),
      ...at(`spec.validations[${index}].messageExpression`, messageExpression),
    ]),
    ...auditAnnotations.flatMap(({ valueExpression }, index) =>
      at(`spec.auditAnnotations[${index}].valueExpression`, valueExpression),
    ),
  ];
}

function problemOf(checker: FieldChecker, text: string): string | undefined {
  try {
    const field = checker.undefinedField(text);
    return field === undefined ? checker.mismatch(text) : `undefined field '${field}'`;
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
}

/** The types of what a policy's expressions see. */
function knownTypes(kind: Kind, param: Kind | undefined, schemas: Schemas): KnownTypes {
  const types: Record<string, Readonly<Record<string, string>>> = {};
  const open = new Set<string>();
  const named = (name: string, schema: Schema | undefined): string => {
    if (types[name] !== undefined) return name;
    // A type within itself could go on for ever.
    if (open.has(name) || schema?.properties === undefined) return ANY;
    open.add(name);
    const fields = Object.entries(schema.properties).map(([field, child]) => [
      escapedName(field),
      typeOf(child, `${name}.${field}`),
    ]);
    open.delete(name);
    // Behind the types of its fields, which must be known before it.
    types[name] = Object.fromEntries(fields) as Record<string, string>;
    return name;
  };
  const typeOf = (schema: Schema, place: string): string => {
    if (schema.$ref !== undefined) return named(refName(schema.$ref), schemas.get(refName(schema.$ref)));
    if (schema.items !== undefined) return `list<${typeOf(schema.items, `${place}.item`)}>`;
    const plain = schema.format === 'date-time' ? undefined : PLAIN[schema.type ?? ''];
    if (plain !== undefined) return plain;
    if (schema.additionalProperties !== undefined)
      return `map<string, ${typeOf(schema.additionalProperties, `${place}.value`)}>`;
    return named(`within.${place.replace(/[^\w.]/g, '_')}`, schema);
  };
  const ofKind = (each: Kind | undefined): string =>
    each === undefined ? ANY : named(each.schema, each.custom?.openApi ?? schemas.get(each.schema));
  const object = ofKind(kind);
  const others = Object.fromEntries(POLICY_VARIABLES.map((name) => [name, ANY]));
  return { types, variables: { ...others, object, oldObject: object, params: ofKind(param) } };
}
