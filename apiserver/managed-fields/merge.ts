import { badRequest } from '../../shared/status-error';
import type { FieldSet } from './field-set';
import type { Shape } from './shape';
import { isFields, keyElement, setElement } from './shape';

/** The live value with everything that the applied one names. Changes neither. Throws BadRequest for items without a key. */
export function merge(live: unknown, applied: unknown, shape: Shape): unknown {
  switch (shape.as) {
    case 'leaf':
      return applied;
    case 'fields': {
      if (!isFields(applied)) return applied;
      const result = new Map(isFields(live) ? Object.entries(live) : []);
      for (const [name, value] of Object.entries(applied)) {
        result.set(name, merge(result.get(name), value, shape.field(name).shape));
      }
      return Object.fromEntries(result);
    }
    case 'keyed':
      return Array.isArray(applied) ? mergeKeyed(Array.isArray(live) ? live : [], applied, shape) : applied;
    case 'set':
      return Array.isArray(applied) ? mergeSet(Array.isArray(live) ? live : [], applied) : applied;
  }
}

/** The applied items in their order; the live ones that it does not name keep their place among their neighbours. */
function mergeKeyed(live: readonly unknown[], applied: readonly unknown[], shape: Shape & { as: 'keyed' }): unknown[] {
  const wanted = new Map<string, unknown>();
  for (const item of applied) {
    const element = keyElement(item, shape.keys);
    const names = shape.keys.map(({ name }) => name).join(', ');
    if (element === undefined) throw badRequest(`an applied list item has none of its keys (${names})`);
    if (wanted.has(element)) {
      throw badRequest(`an applied list has two items with the keys ${element.slice(2)}`);
    }
    wanted.set(element, item);
  }
  const standing = live.map((item) => [keyElement(item, shape.keys) ?? '', item] as const);
  const liveByElement = new Map(standing);
  return interleave(
    standing.map(([element]) => element),
    [...wanted.keys()],
  ).map((element) =>
    wanted.has(element)
      ? merge(liveByElement.get(element), wanted.get(element), shape.item)
      : liveByElement.get(element),
  );
}

function mergeSet(live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const values = new Map([...live, ...applied].map((value) => [setElement(value), value]));
  return interleave(live.map(setElement), applied.map(setElement)).map((element) => values.get(element));
}

/** All of `wanted` in its order; each of `live` that is not wanted comes right after what stood before it. */
function interleave(live: readonly string[], wanted: readonly string[]): string[] {
  const isWanted = new Set(wanted);
  const after = new Map<string | undefined, string[]>();
  let anchor: string | undefined;
  for (const element of live) {
    if (isWanted.has(element)) anchor = element;
    else after.set(anchor, [...(after.get(anchor) ?? []), element]);
  }
  const following = (element: string | undefined): readonly string[] => after.get(element) ?? [];
  return [...following(undefined), ...wanted.flatMap((element) => [element, ...following(element)])];
}

/**
 * The value without the fields in `gone`. An item of a list goes when its path is in `gone` and nobody in `kept` owns
 * anything of it. What is emptied by that goes as well. undefined: nothing is left.
 */
export function prune(value: unknown, shape: Shape, gone: FieldSet, kept: FieldSet): unknown {
  if (gone.isEmpty) return value;
  if (gone.isMember && kept.isEmpty) {
    // All of a leaf or a list item; of anything else only what was applied, which lies below.
    if (gone.children.size === 0 || shape.as === 'leaf') return undefined;
  }
  const left = pruneBelow(value, shape, gone, kept);
  const isEmptied = Array.isArray(left) ? left.length === 0 : isFields(left) && Object.keys(left).length === 0;
  return isEmptied && kept.isEmpty ? undefined : left;
}

function pruneBelow(value: unknown, shape: Shape, gone: FieldSet, kept: FieldSet): unknown {
  switch (shape.as) {
    case 'leaf':
      return value;
    case 'fields':
      if (!isFields(value)) return value;
      return Object.fromEntries(
        Object.entries(value)
          .map(([name, child]) => {
            const element = `f:${name}`;
            return [name, prune(child, shape.field(name).shape, gone.child(element), kept.child(element))] as const;
          })
          .filter(([, child]) => child !== undefined),
      );
    case 'keyed':
      if (!Array.isArray(value)) return value;
      return value
        .map((item: unknown) => {
          const element = keyElement(item, shape.keys) ?? '';
          const [goneHere, keptHere] = [gone.child(element), kept.child(element)];
          if (goneHere.isMember && keptHere.isEmpty) return undefined;
          return keepingKeys(item, prune(item, shape.item, goneHere, keptHere), shape);
        })
        .filter((item) => item !== undefined);
    case 'set':
      if (!Array.isArray(value)) return value;
      return value.filter((item) => {
        const element = setElement(item);
        return !gone.child(element).isMember || kept.child(element).isMember;
      });
  }
}

/** An item that stays keeps what makes it that item. */
function keepingKeys(item: unknown, left: unknown, shape: Shape & { as: 'keyed' }): unknown {
  if (!isFields(item)) return left;
  const keys = shape.keys.map(({ name }) => [name, item[name]] as const).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(keys), ...(isFields(left) ? left : {}) };
}
