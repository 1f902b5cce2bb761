import { isSameJson } from '../../shared/same-json';
import { FieldSet } from './field-set';
import type { Shape } from './shape';
import { isFields, keyElement, setElement } from './shape';

/** The paths that differ between two values of one shape. */
export interface Difference {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

const NONE: Difference = { added: FieldSet.empty, modified: FieldSet.empty, removed: FieldSet.empty };

/** undefined stands for an absent value. */
export function compare(before: unknown, after: unknown, shape: Shape, isRequired = false): Difference {
  if (before === undefined && after === undefined) return NONE;
  if (before === undefined) return { ...NONE, added: presence(after, shape, isRequired) };
  if (after === undefined) return { ...NONE, removed: presence(before, shape, isRequired) };
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
        return [`f:${name}`, [before[name], after[name], field.shape, field.isRequired]];
      });
    }
    case 'keyed': {
      const [left, right] = [indexed(before, shape), indexed(after, shape)];
      if (left === undefined || right === undefined) return undefined;
      return [...new Set([...left.keys(), ...right.keys()])].map((element) => [
        element,
        [left.get(element), right.get(element), itemShape(shape)],
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

/** An item of a keyed list is itself a thing to own, beside its fields. */
export const itemShape = (shape: Shape & { as: 'keyed' }): Shape =>
  shape.item.as === 'fields' ? { ...shape.item, isMap: true } : shape.item;

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

/** The paths that a value occupies when it appears or goes as a whole. */
function presence(value: unknown, shape: Shape, isRequired: boolean): FieldSet {
  const below = fieldsBelow(value, shape, presence);
  if (below === undefined || below.size === 0) return FieldSet.member;
  const ownsItself =
    (shape.as === 'fields' && shape.isMap) || ((shape.as === 'keyed' || shape.as === 'set') && !isRequired);
  return FieldSet.of(ownsItself, below);
}

/** The paths that a value names: what an applier owns who sends it. */
export function fieldSetOf(value: unknown, shape: Shape): FieldSet {
  const below = fieldsBelow(value, shape, fieldSetOf);
  return below === undefined || below.size === 0 ? FieldSet.member : FieldSet.of(false, below);
}

function fieldsBelow(
  value: unknown,
  shape: Shape,
  inside: (value: unknown, shape: Shape, isRequired: boolean) => FieldSet,
): ReadonlyMap<string, FieldSet> | undefined {
  switch (shape.as) {
    case 'leaf':
      return undefined;
    case 'fields':
      if (!isFields(value)) return undefined;
      return new Map(
        Object.entries(value).map(([name, child]) => {
          const field = shape.field(name);
          return [`f:${name}`, inside(child, field.shape, field.isRequired)];
        }),
      );
    case 'keyed': {
      const items = indexed(value, shape);
      if (items === undefined) return undefined;
      return new Map(
        [...items].map(([element, item]) => [element, FieldSet.member.union(inside(item, itemShape(shape), false))]),
      );
    }
    case 'set':
      if (!Array.isArray(value)) return undefined;
      return new Map(value.map((item) => [setElement(item), FieldSet.member]));
  }
}
