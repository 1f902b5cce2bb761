import { isSameJson } from '../../shared/same-json';
import { FieldSet } from './field-set';
import type { Field, Shape } from './shape';
import { isFields, keyElement, setElement } from './shape';

/** The paths that differ between two values of one shape. */
export interface Difference {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const NONE: Difference = { added: FieldSet.empty, modified: FieldSet.empty, removed: FieldSet.empty };

/** undefined stands for an absent value. */
export function compare(before: unknown, after: unknown, shape: Shape, isAlwaysThere = false): Difference {
  if (before === undefined && after === undefined) return NONE;
  if (before === undefined) return { ...NONE, added: presence(after, shape, isAlwaysThere) };
  if (after === undefined) return { ...NONE, removed: presence(before, shape, isAlwaysThere) };
  const pairs = pairsOf(before, after, shape);
  if (pairs === undefined) return isSameJson(before, after) ? NONE : { ...NONE, modified: FieldSet.member };
  const parts = pairs.map(([element, pair]) => [element, compare(...pair)] as const);
  const collect = (which: keyof Difference): FieldSet =>
    FieldSet.of(false, new Map(parts.map(([element, part]) => [element, part[which]])));
  return { added: collect('added'), modified: collect('modified'), removed: collect('removed') };
}

type Pair = Parameters<typeof compare>;

/** What to compare one by one; undefined where the values are compared as a whole. */
function pairsOf(before: unknown, after: unknown, shape: Shape): readonly (readonly [string, Pair])[] | undefined {
  switch (shape.as) {
    case 'leaf':
      return undefined;
    case 'fields': {
      if (!isFields(before) || !isFields(after)) return undefined;
      return [...new Set([...Object.keys(before), ...Object.keys(after)])].map((name) => {
        const field = shape.field(name);
        return [`f:${name}`, [before[name], after[name], field.shape, field.isAlwaysThere]];
      });
    }
    case 'keyed': {
      const [left, right] = [indexed(before, shape), indexed(after, shape)];
      if (left === undefined || right === undefined) return undefined;
      return [...new Set([...left.keys(), ...right.keys()])].map((element) => [
        element,
        [left.get(element), right.get(element), shape.item],
      ]);
    }
    case 'set': {
      if (!Array.isArray(before) || !Array.isArray(after)) return undefined;
      const [left, right] = [new Set(before.map(setElement)), new Set(after.map(setElement))];
      return [...new Set([...left, ...right])].map((element) => [
        element,
        [left.has(element) || undefined, right.has(element) || undefined, { as: 'leaf' }],
      ]);
    }
  }
}

/** By path element; undefined where an item has no key or two have the same: such a list is compared as a whole. */
export function indexed(value: unknown, shape: Shape & { as: 'keyed' }): ReadonlyMap<string, unknown> | undefined {
  if (!Array.isArray(value)) return undefined;
  const index = new Map<string, unknown>();
  for (const item of value) {
    const element = keyElement(item, shape.keys);
    if (element === undefined || index.has(element)) return undefined;
    index.set(element, item);
  }
  return index;
}

/**
 * The paths that a value occupies when it appears or goes as a whole: each container is one too, save those that an object
 * without it has as well. `isAlwaysThere`: of those that hold the value, and of itself.
 */
function presence(value: unknown, shape: Shape, isAlwaysThere: boolean): FieldSet {
  const below = fieldsBelow(value, shape, (child, field) =>
    presence(child, field.shape, isAlwaysThere && field.isAlwaysThere),
  );
  if (below === undefined) return FieldSet.member;
  return FieldSet.of(!isAlwaysThere, below);
}

/**
 * The paths that a value names: what an applier owns who sends it. Items and entries of maps are owned beside what is in
 * them, and of containers those alone that are empty; but nobody owns that a list has no items.
 */
export function fieldSetOf(value: unknown, shape: Shape): FieldSet {
  const below = fieldsBelow(value, shape, (child, field) => {
    const owned = fieldSetOf(child, field.shape);
    return field.isNamed ? owned : owned.union(FieldSet.member);
  });
  if (below === undefined) return FieldSet.member;
  return below.size === 0 && !Array.isArray(value) ? FieldSet.member : FieldSet.of(false, below);
}

const ITEM = { isNamed: false, isAlwaysThere: false } as const;

function fieldsBelow(
  value: unknown,
  shape: Shape,
  inside: (value: unknown, field: Field) => FieldSet,
): ReadonlyMap<string, FieldSet> | undefined {
  switch (shape.as) {
    case 'leaf':
      return undefined;
    case 'fields':
      if (!isFields(value)) return undefined;
      return new Map(Object.entries(value).map(([name, child]) => [`f:${name}`, inside(child, shape.field(name))]));
    case 'keyed': {
      const field: Field = { shape: shape.item, ...ITEM };
      const items = indexed(value, shape);
      return items === undefined
        ? undefined
        : new Map([...items].map(([element, item]) => [element, inside(item, field)]));
    }
    case 'set':
      if (!Array.isArray(value)) return undefined;
      return new Map(value.map((item) => [setElement(item), FieldSet.member]));
  }
}
