import type { StatusCause } from '../../shared/status-error';
import { estimateCost } from '../cel/cost';
import type { Expression } from '../cel/expression';
import { CelError, Expressions, FieldChecker } from '../cel/expression';
import { forbiddenField, invalidValue } from '../kinds/validation/field-errors';
import { extentOf, mostItems } from './extents';
import type { JsonSchema, ValidationRule } from './json-schema';
import { knownTypes } from './known-types';
import { ruleShapeProblems } from './rule-shape';
import { RULE_VARIABLES } from './validation-rules';

/** What one rule may cost, for all values that it may have to be asked about (apiextensions: StaticEstimatedCostLimit). */
const RULE_BUDGET = 10_000_000;
/** What all rules of a schema may cost together. */
const SCHEMA_BUDGET = 100_000_000;

interface Place {
  readonly field: string;
  /** So many values of the place may be in one object. */
  readonly count: number;
  readonly isRoot: boolean;
  /** The outermost place around this one whose values cannot be told to be the same after an update. */
  readonly uncorrelated?: string;
}

/** What is wrong with the rules of a schema (`x-kubernetes-validations`), at all its levels. */
export function ruleProblems(root: JsonSchema, field: string): readonly StatusCause[] {
  const cel = new Expressions(RULE_VARIABLES);
  let total = 0;
  const visit = (schema: JsonSchema, place: Place): readonly StatusCause[] => [
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) => {
      const ruleField = `${place.field}.x-kubernetes-validations[${index}]`;
      const shape = ruleShapeProblems(rule, schema, ruleField);
      if (shape.length > 0) return shape;
      const { rule: condition, messageExpression } = rule;
      const problems = Object.entries({ rule: condition, messageExpression }).flatMap(([name, text]) => {
        if (text === undefined || text === '') return [];
        const at = `${ruleField}.${name}`;
        const compiled = compile(cel, text);
        const why = typeof compiled === 'string' ? compiled : undefinedField(schema, text, place.isRoot);
        if (why !== undefined) return [invalidValue(at, text, `compilation failed: ${why}`)];
        const cost = typeof compiled === 'string' ? 0 : costOf(compiled, schema) * place.count;
        total += cost;
        return cost > RULE_BUDGET ? [tooExpensive(at, `estimated ${name} cost`, cost / RULE_BUDGET)] : [];
      });
      return problems.length > 0 ? problems : oldSelfProblems(cel, rule, place, ruleField);
    }),
    ...childrenOf(schema, place).flatMap(([child, below]) => visit(child, below)),
  ];
  const problems = visit(root, { field, count: 1, isRoot: true });
  if (problems.length > 0 || total <= SCHEMA_BUDGET) return problems;
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
  return [tooExpensive(field, what, total / SCHEMA_BUDGET)];
}

function oldSelfProblems(
  cel: Expressions,
  { rule, messageExpression, optionalOldSelf }: ValidationRule,
  { uncorrelated }: Place,
  field: string,
): readonly StatusCause[] {
  const reads = [rule, messageExpression].some((text) => {
    const compiled = text === undefined || text === '' ? '' : compile(cel, text);
    return typeof compiled !== 'string' && compiled.reads('oldSelf');
  });
  if (!reads) {
    const why = 'may not be set if oldSelf is not used in rule';
    return optionalOldSelf === undefined ? [] : [invalidValue(`${field}.optionalOldSelf`, optionalOldSelf, why)];
  }
  if (uncorrelated === undefined) return [];
  const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
  return [invalidValue(`${field}.rule`, rule, why)];
}

/** The expression, or why it is none. */
function compile(cel: Expressions, text: string): Expression | string {
  try {
    return cel.compile(text);
  } catch (error) {
    if (error instanceof CelError) return error.message;
    throw error;
  }
}

function undefinedField(schema: JsonSchema, text: string, isRoot: boolean): string | undefined {
  const found = new FieldChecker(knownTypes(schema, RULE_VARIABLES, isRoot)).undefinedField(text);
  return found === undefined ? undefined : `undefined field '${found}'`;
}

function costOf({ ast }: Expression, schema: JsonSchema): number {
  const extent = extentOf(schema);
  return estimateCost(ast, { self: extent, oldSelf: extent });
}

function tooExpensive(field: string, what: string, factor: number): StatusCause {
  const shown = factor > 100 ? 'more than 100x' : `${factor.toFixed(1)}x`;
  return forbiddenField(
    field,
    `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`,
  );
}

function childrenOf(schema: JsonSchema, place: Place): readonly (readonly [JsonSchema, Place])[] {
  const { properties = {}, additionalProperties, items } = schema;
  const { field, count, uncorrelated } = place;
  const many = count * mostItems(schema);
  const within = (isTold: boolean): Pick<Place, 'uncorrelated'> => {
    const outermost = uncorrelated ?? (isTold ? undefined : field);
    return outermost === undefined ? {} : { uncorrelated: outermost };
  };
  const ofMap = within(schema['x-kubernetes-map-type'] !== 'atomic');
  const ofList = within(schema['x-kubernetes-list-type'] === 'map');
  const isRoot = false;
  return [
    ...Object.entries(properties).map(
      ([name, child]) => [child, { field: `${field}.properties[${name}]`, count, isRoot, ...ofMap }] as const,
    ),
    ...(typeof additionalProperties === 'object'
      ? [
          [
            additionalProperties,
            { field: `${field}.additionalProperties`, count: many, isRoot, ...within(true) },
          ] as const,
        ]
      : []),
    ...(items === undefined ? [] : [[items, { field: `${field}.items`, count: many, isRoot, ...ofList }] as const]),
  ];
}
