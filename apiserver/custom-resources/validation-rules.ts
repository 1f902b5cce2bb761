import { Optional } from '@marcbachmann/cel-js';
import type { ApiObject } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { isSameJson } from '../../shared/same-json';
import { CelError, Expressions } from '../cel/expression';
import { toCel } from '../cel/values';
import type { Fields, JsonSchema, ValidationRule } from './json-schema';
import { childPath, isFields, itemPath } from './json-schema';
import type { Before } from './same-place';
import { fieldBefore, itemBefore } from './same-place';

/** `self` is the value that a rule stands at, `oldSelf` what stood there before an update. */
export const RULE_VARIABLES = ['self', 'oldSelf'];

/** The rules of a schema. */
const rulesOf = (schema: JsonSchema): readonly ValidationRule[] => schema['x-kubernetes-validations'] ?? [];

/** Where a value stands, what it is, and what it was. */
interface Place extends Before {
  readonly path: string;
  readonly value: unknown;
}

/** The rules of a schema, at all its levels. */
export class ValidationRules {
  private readonly cel: Expressions;
  private readonly withRules = new WeakSet<JsonSchema>();
  private readonly isNeeded: boolean;

  constructor(private readonly schema: JsonSchema) {
    this.isNeeded = this.mark(schema);
    this.cel = new Expressions(RULE_VARIABLES, { listTypes: this.isNeeded && tellsItemsApart(schema) });
  }

  /**
   * What an object is refused for. With `old`, which it is to replace, also by the rules that compare the two; what it does
   * not change is not refused for other rules.
   */
  check(object: ApiObject, old?: ApiObject): readonly StatusCause[] {
    if (!this.isNeeded) return [];
    const before = old === undefined ? {} : { old: { value: rootOf(old) } };
    return this.visit(this.schema, { path: '', value: rootOf(object), ...before });
  }

  private mark(schema: JsonSchema): boolean {
    const below = partsOf(schema)
      .map((part) => this.mark(part))
      .some((has) => has);
    const has = below || rulesOf(schema).length > 0;
    if (has) this.withRules.add(schema);
    return has;
  }

  private visit(schema: JsonSchema, place: Place): readonly StatusCause[] {
    if (!this.withRules.has(schema) || place.value === null || place.value === undefined) return [];
    const isUnchanged = place.old !== undefined && isSameJson(place.value, place.old.value);
    const own = rulesOf(schema)
      .filter((rule) => !isUnchanged || this.isTransition(rule))
      .flatMap((rule) => this.judge(rule, schema, place) ?? []);
    return [...own, ...childrenOf(schema, place).flatMap((child) => this.visit(child.schema, child.place))];
  }

  /** Rules that compare with what was there before hold for updates alone, unless they say otherwise. */
  private isTransition({ rule, messageExpression }: ValidationRule): boolean {
    return [rule, messageExpression].some((text) => {
      try {
        return text !== undefined && this.cel.compile(text).reads('oldSelf');
      } catch (error) {
        if (error instanceof CelError) return false;
        throw error;
      }
    });
  }

  /** Undefined where the rule holds, or is not asked. */
  private judge(rule: ValidationRule, schema: JsonSchema, { path, value, old }: Place): StatusCause | undefined {
    if (this.isTransition(rule) && old === undefined && rule.optionalOldSelf !== true) return undefined;
    const before = old === undefined ? undefined : toCel(old.value, schema);
    const oldSelf =
      rule.optionalOldSelf === true ? (old === undefined ? Optional.none() : Optional.of(before)) : before;
    const values = { self: toCel(value, schema), oldSelf };
    const field = `${path}${rule.fieldPath ?? ''}`.replace(/^\./, '');
    const refusal = (why: string): StatusCause => causeOf(rule.reason, field === '' ? '<nil>' : field, schema, why);
    try {
      if (this.cel.compile(rule.rule).evaluate(values) === true) return undefined;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      return refusal(`${rule.message ?? `rule: ${rule.rule}`}: ${error.message}`);
    }
    return refusal(this.messageOf(rule, values));
  }

  private messageOf({ rule, message, messageExpression }: ValidationRule, values: Fields): string {
    const otherwise = message ?? `failed rule: ${rule}`;
    if (messageExpression === undefined) return otherwise;
    try {
      const text = this.cel.compile(messageExpression).evaluate(values);
      return typeof text === 'string' && text.trim() !== '' ? text : otherwise;
    } catch (error) {
      if (error instanceof CelError) return otherwise;
      throw error;
    }
  }
}

const partsOf = ({ properties = {}, additionalProperties, items }: JsonSchema): readonly JsonSchema[] => [
  ...Object.values(properties),
  ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ...(items === undefined ? [] : [items]),
];

/** Whether it has a list of which the order does not matter. */
const tellsItemsApart = (schema: JsonSchema): boolean =>
  ['set', 'map'].includes(schema['x-kubernetes-list-type'] ?? '') || partsOf(schema).some(tellsItemsApart);

/** Of metadata rules see the names alone. */
function rootOf({ metadata, ...fields }: ApiObject): Fields {
  const { name, generateName } = metadata ?? {};
  return {
    ...fields,
    metadata: { ...(name === undefined ? {} : { name }), ...(generateName === undefined ? {} : { generateName }) },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueForbidden: 'Forbidden',
};

function causeOf(reason = 'FieldValueInvalid', field: string, schema: JsonSchema, why: string): StatusCause {
  const type = JSON.stringify(schema.type ?? 'object');
  if (reason === 'FieldValueDuplicate') return { reason, field, message: `Duplicate value: ${type}` };
  const words = REASONS[reason];
  return { reason, field, message: words === undefined ? `Invalid value: ${type}: ${why}` : `${words}: ${why}` };
}

interface Child {
  readonly schema: JsonSchema;
  readonly place: Place;
}

function childrenOf(schema: JsonSchema, place: Place): readonly Child[] {
  const { properties = {}, additionalProperties, items } = schema;
  const { path, value } = place;
  if (Array.isArray(value)) {
    if (items === undefined) return [];
    return value.map((item: unknown, index) => ({
      schema: items,
      place: { path: itemPath(path, index), value: item, ...itemBefore(place, schema, item) },
    }));
  }
  if (!isFields(value)) return [];
  const more = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return Object.entries(value).flatMap(([name, child]) => {
    const known = (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? more;
    if (known === undefined) return [];
    return [{ schema: known, place: { path: childPath(path, name), value: child, ...fieldBefore(place, name) } }];
  });
}
