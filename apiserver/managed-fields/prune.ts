import type { FieldSet } from './field-set';
import type { Shape } from './shape';
import { isFields, keyElement, setElement } from './shape';

/** Whose a place and what is below it is. */
interface Owners {
  /** What the applier had before. */
  readonly last: FieldSet;
  /** What all managers have now, the applier included. */
  readonly managed: FieldSet;
  /** The applier had nothing on the way here. */
  readonly isForeign: boolean;
  /** Everything on the way here stays. */
  readonly stays: boolean;
}

/**
 * The merged object without what its applier had before and nobody has now. What goes takes along all that is below it,
 * defaults too, save what others own by a path of owned places; what is emptied by that goes as well
 * (structured-merge-diff, merge/update.go).
 */
export function prune(object: unknown, shape: Shape, last: FieldSet, managed: FieldSet): unknown {
  return last.isEmpty ? object : (pruneBelow(object, shape, { last, managed, isForeign: true, stays: true }) ?? {});
}

const GONE = undefined;
/** All that was in it is gone: it goes too, but what it was in does not count as emptied by that. */
const EMPTIED = null;

/** `isNamed`: a field of a type counts as owned by whoever owns something below it. */
function prunePlace(value: unknown, shape: Shape, owners: Owners, element: string, isNamed: boolean): unknown {
  const [last, managed] = [owners.last.child(element), owners.managed.child(element)];
  const isOwnedIn = (set: FieldSet): boolean => set.isMember || (isNamed && set.children.size > 0);
  const isLast = isOwnedIn(last);
  const isForeign = owners.isForeign && !isLast;
  const stays = owners.stays && (isForeign || isOwnedIn(managed));
  if (isLast && !stays) return GONE;
  return last.children.size === 0 ? value : pruneBelow(value, shape, { last, managed, isForeign, stays });
}

function pruneBelow(value: unknown, shape: Shape, owners: Owners): unknown {
  switch (shape.as) {
    case 'leaf':
      return value;
    case 'fields': {
      if (!isFields(value) || Object.keys(value).length === 0) return value;
      const left = Object.entries(value)
        .map(([name, child]) => {
          const field = shape.field(name);
          return [name, prunePlace(child, field.shape, owners, `f:${name}`, field.isNamed)] as const;
        })
        .filter(([, child]) => child !== GONE);
      return left.length === 0 ? EMPTIED : Object.fromEntries(left.filter(([, child]) => child !== EMPTIED));
    }
    case 'keyed':
      return pruneItems(value, (item) =>
        prunePlace(item, shape.item, owners, keyElement(item, shape.keys) ?? '', false),
      );
    case 'set':
      return pruneItems(value, (item) => prunePlace(item, { as: 'leaf' }, owners, setElement(item), false));
  }
}

function pruneItems(value: unknown, pruneItem: (item: unknown) => unknown): unknown {
  if (!Array.isArray(value) || value.length === 0) return value;
  const left = value.map(pruneItem).filter((item) => item !== GONE && item !== EMPTIED);
  return left.length === 0 ? EMPTIED : left;
}
