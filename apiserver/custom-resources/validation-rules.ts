import { Optional } from '@marcbachmann/cel-js';
import type { ApiObject } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { CelError, Expressions } from '../cel/expression';
import { toCel } from '../cel/values';
import type { Fields, JsonSchema, ValidationRule } from './json-schema';
import { childPath, isFields, itemPath } from './json-schema';

/** `self` is the value that a rule stands at, `oldSelf` what stood there before an update. */
export const RULE_VARIABLES = ['self', 'oldSelf'];

/** The rules of a schema. */
const rulesOf = (schema: JsonSchema): readonly ValidationRule[] => schema['x-kubernetes-validations'] ?? [];

/** Where a value stands, what it is, and what it was. */
interface Place {
  readonly path: string;
  readonly value: unknown;
  /** Absent: nothing was there, or nothing that could be told to be the same. */
  readonly old?: { readonly value: unknown };
}

/** The rules of a schema, at all its levels. */
export class ValidationRules {
  private readonly cel = new Expressions(RULE_VARIABLES);
  private readonly withRules = new WeakSet<JsonSchema>();
  private readonly isNeeded: boolean;

  constructor(private readonly schema: JsonSchema) {
    this.isNeeded = this.mark(schema);
  }

  /** What an object is refused for, whatever it was before. */
  check(object: ApiObject): readonly StatusCause[] {
    return this.isNeeded ? this.visit(this.schema, { path: '', value: rootOf(object) }, false) : [];
  }

  /** What a new object is refused for by rules that could compare it with an older one. */
  checkNew(object: ApiObject): readonly StatusCause[] {
    return this.isNeeded ? this.visit(this.schema, { path: '', value: rootOf(object) }, true) : [];
  }

  /** What a change from `old` is refused for. */
  checkChange(object: ApiObject, old: ApiObject): readonly StatusCause[] {
    if (!this.isNeeded) return [];
    return this.visit(this.schema, { path: '', value: rootOf(object), old: { value: rootOf(old) } }, true);
  }

  private mark(schema: JsonSchema): boolean {
    const { properties = {}, additionalProperties, items } = schema;
    const parts = [
      ...Object.values(properties),
      ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
      ...(items === undefined ? [] : [items]),
    ];
    const below = parts.map((part) => this.mark(part)).some((has) => has);
    const has = below || rulesOf(schema).length > 0;
    if (has) this.withRules.add(schema);
    return has;
  }

  private visit(schema: JsonSchema, place: Place, transitions: boolean): readonly StatusCause[] {
    if (!this.withRules.has(schema) || place.value === null || place.value === undefined) return [];
    const own = rulesOf(schema)
      .filter((rule) => this.isTransition(rule) === transitions)
      .flatMap((rule) => this.judge(rule, schema, place) ?? []);
    const below = childrenOf(schema, place).flatMap((child) => this.visit(child.schema, child.place, transitions));
    return [...own, ...below];
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

function childrenOf(schema: JsonSchema, { path, value, old }: Place): readonly Child[] {
  const { properties = {}, additionalProperties, items } = schema;
  if (Array.isArray(value)) {
    if (items === undefined) return [];
    const before = Array.isArray(old?.value) ? (old.value as readonly unknown[]) : [];
    return value.map((item: unknown, index) => ({
      schema: items,
      place: { path: itemPath(path, index), value: item, ...sameItem(schema, item, before) },
    }));
  }
  if (!isFields(value)) return [];
  const before = isFields(old?.value) ? old.value : {};
  const more = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return Object.entries(value).flatMap(([name, child]) => {
    const known = (Object.hasOwn(properties, name) ? properties[name] : undefined) ?? more;
    if (known === undefined) return [];
    const was = Object.hasOwn(before, name) ? { old: { value: before[name] } } : {};
    return [{ schema: known, place: { path: childPath(path, name), value: child, ...was } }];
  });
}

/** Items are told by their keys where the list is a map; in other lists nothing says which was which. */
function sameItem(
  schema: JsonSchema,
  item: unknown,
  before: readonly unknown[],
): { readonly old?: { readonly value: unknown } } {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys.length === 0 || !isFields(item)) return {};
  const found = before.find((each) => isFields(each) && keys.every((key) => each[key] === item[key]));
  return found === undefined ? {} : { old: { value: found } };
}
