import { badRequest } from '../../shared/status-error';
import { listStrategyOf } from '../openapi/patch-strategies';
import type { Schema, Schemas } from '../openapi/schemas';
import { refName, typeName } from '../openapi/schemas';
import { orderItems } from './strategic-order';
import { isSameJson } from '../../shared/same-json';

type Fields = Readonly<Record<string, unknown>>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const ORDER = '$setElementOrder/';

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kubernetes' strategic merge patch: like a merge patch, but lists of a known kind are merged by their key.
 * Changes neither argument. Throws BadRequest for a patch that cannot be applied. */
export function strategicMerge(schemas: Schemas, schemaName: string, original: Fields, patch: Fields): Fields {
  return new Merger(schemas).merge(original, patch, typeAt(schemas, schemaName));
}

/** A struct type, or undefined below what the schema describes (maps and free-form objects). */
interface Type {
  readonly name: string;
  readonly schema: Schema;
}

function typeAt(schemas: Schemas, name: string): Type | undefined {
  const schema = schemas.get(name);
  return schema?.properties === undefined ? undefined : { name: typeName(name), schema };
}

class Merger {
  constructor(private readonly schemas: Schemas) {}

  merge(original: Fields, patch: Fields, type: Type | undefined): Fields {
    const directive = patch[DIRECTIVE];
    if (directive === 'replace') return this.withoutDirectives(patch);
    if (directive === 'delete') return {};
    if (directive !== undefined && directive !== 'merge')
      throw badRequest(`Unknown patch type found: ${String(directive)}`);
    const result = new Map(Object.entries(retained(original, patch)));
    for (const [key, value] of Object.entries(patch)) {
      if (key.startsWith('$')) continue;
      if (value === null) result.delete(key);
      else result.set(key, this.mergeField(result.get(key), value, { key, patch, type }));
    }
    this.changeListsByDirective(result, patch, type);
    return Object.fromEntries(result);
  }

  /** Lists that the patch does not hold itself, but deletes from or orders. */
  private changeListsByDirective(result: Map<string, unknown>, patch: Fields, type: Type | undefined): void {
    for (const [directive, value] of Object.entries(patch)) {
      const isDeletion = directive.startsWith(DELETE_FROM);
      if (!isDeletion && !directive.startsWith(ORDER)) continue;
      const key = directive.slice(directive.indexOf('/') + 1);
      if (!Array.isArray(value)) throw badRequest(`invalid patch: ${directive} must be a list`);
      const list = result.get(key);
      if (!Array.isArray(list) || (!isDeletion && patch[key] !== undefined)) continue;
      const mergeKey = type === undefined ? undefined : listStrategyOf(type.name, key)?.mergeKey;
      result.set(
        key,
        isDeletion
          ? list.filter((item) => !value.some((unwanted) => isSameJson(item, unwanted)))
          : orderItems(list, list, value, mergeKey),
      );
    }
  }

  private mergeField(
    original: unknown,
    value: unknown,
    { key, patch, type }: { key: string; patch: Fields; type: Type | undefined },
  ): unknown {
    const schema = type?.schema.properties?.[key];
    if (isFields(value)) {
      const fieldType = schema?.$ref === undefined ? undefined : typeAt(this.schemas, refName(schema.$ref));
      return isFields(original) ? this.merge(original, value, fieldType) : this.merge({}, value, fieldType);
    }
    const strategy = type === undefined ? undefined : listStrategyOf(type.name, key);
    if (!Array.isArray(value) || strategy === undefined) return this.strip(value);
    const before = Array.isArray(original) ? (original as readonly unknown[]) : [];
    const itemType = schema?.items?.$ref === undefined ? undefined : typeAt(this.schemas, refName(schema.items.$ref));
    const merged =
      strategy.mergeKey === undefined
        ? [...before, ...value.filter((item) => !before.includes(item))]
        : this.mergeList(before, value, strategy.mergeKey, itemType);
    const order = patch[`${ORDER}${key}`];
    return orderItems(merged, before, Array.isArray(order) ? order : value, strategy.mergeKey);
  }

  private mergeList(
    original: readonly unknown[],
    patch: readonly unknown[],
    mergeKey: string,
    type: Type | undefined,
  ): unknown[] {
    const items = patch.map((item) => {
      if (isFields(item)) return item;
      throw badRequest(`invalid patch: an item of a list merged by ${mergeKey} must be an object`);
    });
    if (items.some((item) => item[DIRECTIVE] === 'replace')) {
      const isSpecial = (item: Fields): boolean => item[DIRECTIVE] === 'replace' || item[DIRECTIVE] === 'delete';
      return items.filter((item) => !isSpecial(item)).map((item) => this.withoutDirectives(item));
    }
    const result = [...original];
    for (const item of items) {
      const id = item[mergeKey];
      if (id === undefined)
        throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${mergeKey}`);
      const index = result.findIndex((each) => isFields(each) && each[mergeKey] === id);
      const found = result[index];
      if (item[DIRECTIVE] === 'delete') {
        for (let at = result.length - 1; at >= 0; at -= 1) {
          const each = result[at];
          if (isFields(each) && each[mergeKey] === id) result.splice(at, 1);
        }
      } else if (isFields(found)) result[index] = this.merge(found, item, type);
      else result.push(this.merge({}, item, type));
    }
    return result;
  }

  /** A value that takes the place of another: directives and nulls have nothing to act on. */
  private strip(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value
        .filter((item) => !isFields(item) || item[DIRECTIVE] === undefined || item[DIRECTIVE] === 'merge')
        .map((item) => this.strip(item));
    }
    return isFields(value) ? this.withoutDirectives(value) : value;
  }

  private withoutDirectives(fields: Fields): Fields {
    return Object.fromEntries(
      Object.entries(fields)
        .filter(
          ([key, value]) =>
            value !== null &&
            key !== DIRECTIVE &&
            key !== RETAIN_KEYS &&
            !key.startsWith(ORDER) &&
            !key.startsWith(DELETE_FROM),
        )
        .map(([key, value]) => [key, this.strip(value)]),
    );
  }
}

/** `$retainKeys` clears every field that it does not name: how the members of a union exclude each other. */
function retained(original: Fields, patch: Fields): Fields {
  const keys = patch[RETAIN_KEYS];
  if (keys === undefined) return original;
  if (!Array.isArray(keys)) throw badRequest('$retainKeys must be a list');
  const stray = Object.entries(patch).find(
    ([key, value]) => !key.startsWith('$') && value !== null && !keys.includes(key),
  );
  if (stray !== undefined) {
    throw badRequest(`invalid patch: the $retainKeys list does not include ${stray[0]}, which the patch sets`);
  }
  return Object.fromEntries(Object.entries(original).filter(([key]) => keys.includes(key)));
}
