/**
 * Server-side apply as its rules are written down (sigs.k8s.io/structured-merge-diff: typed/tofieldset, compare, merge,
 * remove; merge/update), on flat sets of paths and with no thought of speed. It shares no code with what it judges.
 */
export type Json = unknown;
export type Fields = Readonly<Record<string, Json>>;

/** The type of a place. `there`: Go holds it by value, so that every object has it. */
export type Type =
  | { readonly is: 'leaf' }
  | { readonly is: 'struct'; readonly fields: Readonly<Record<string, Type>>; readonly there: readonly string[] }
  | { readonly is: 'map'; readonly of: Type }
  | { readonly is: 'list'; readonly keys: Readonly<Record<string, Json>>; readonly of: Type }
  | { readonly is: 'set' };

export const leaf: Type = { is: 'leaf' };
export const set: Type = { is: 'set' };
export const struct = (fields: Readonly<Record<string, Type>>, there: readonly string[] = []): Type => ({
  is: 'struct',
  fields,
  there,
});
export const map = (of: Type): Type => ({ is: 'map', of });
/** `keys`: each with its default, or undefined. */
export const list = (keys: Readonly<Record<string, Json>>, of: Type): Type => ({ is: 'list', keys, of });

/** A path: its elements in the notation of FieldsV1, as JSON. */
type Path = string;
const ROOT: Path = '[]';
const elementsOf = (path: Path): string[] => JSON.parse(path) as string[];
const below = (path: Path, element: string): Path => JSON.stringify([...elementsOf(path), element]);
const prefixesOf = (path: Path): Path[] =>
  elementsOf(path).map((_, index, all) => JSON.stringify(all.slice(0, index + 1)));

const isMap = (value: Json): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isEmpty = (value: Json): boolean =>
  Array.isArray(value) ? value.length === 0 : isMap(value) && Object.keys(value).length === 0;

interface Child {
  readonly element: string;
  readonly value: Json;
  readonly type: Type;
  /** A field that the type names. */
  readonly isNamed: boolean;
}

/** What a value holds; undefined: it is owned as a whole. */
function childrenOf(value: Json, type: Type): readonly Child[] | undefined {
  if (type.is === 'leaf' || typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    return value.map((item: Json) => ({
      element: elementOf(item, type),
      value: item,
      type: type.is === 'list' ? type.of : leaf,
      isNamed: false,
    }));
  }
  return Object.entries(value).map(([name, child]) => {
    const named = type.is === 'struct' ? type.fields[name] : undefined;
    return {
      element: `f:${name}`,
      value: child as Json,
      type: named ?? (type.is === 'map' ? type.of : leaf),
      isNamed: named !== undefined,
    };
  });
}

function elementOf(item: Json, type: Type): string {
  if (type.is !== 'list') return `v:${JSON.stringify(item)}`;
  const keys = Object.keys(type.keys).sort();
  return `k:${JSON.stringify(Object.fromEntries(keys.map((key) => [key, (item as Fields)[key] ?? type.keys[key]])))}`;
}

/** ToFieldSet: what is owned by who names it. */
export function fieldsOf(value: Json, type: Type, path: Path = ROOT, found = new Set<Path>()): Set<Path> {
  const children = childrenOf(value, type);
  if (children === undefined) found.add(path);
  for (const child of children ?? []) {
    const at = below(path, child.element);
    fieldsOf(child.value, child.type, at, found);
    if (!child.isNamed || child.value === null || (isMap(child.value) && isEmpty(child.value))) found.add(at);
  }
  return found;
}

/** All that there is of a value: leaves with their JSON, containers, and what is there without being written. */
function occupied(value: Json, type: Type) {
  const written = new Map<Path, string | undefined>();
  const there = new Set<Path>();
  const walk = (at: Path, of: Type, here: Json): void => {
    there.add(at);
    const children = childrenOf(here, of);
    if (here !== undefined) {
      written.set(at, children === undefined || children.length === 0 ? JSON.stringify(sorted(here)) : undefined);
    }
    for (const child of children ?? []) walk(below(at, child.element), child.type, child.value);
    if (of.is !== 'struct') return;
    for (const name of of.there) {
      const field = of.fields[name] ?? leaf;
      const isThere = field.is !== 'leaf' && (here as Fields | undefined)?.[name] === undefined;
      if (isThere) walk(below(at, `f:${name}`), field, undefined);
    }
  };
  walk(ROOT, type, value);
  return { written, there };
}

const sorted = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(sorted)
    : isMap(value)
      ? Object.fromEntries(
          Object.keys(value)
            .sort()
            .map((key) => [key, sorted(value[key])]),
        )
      : value;

/** Compare. */
function differences(before: Json, after: Json, type: Type) {
  const [old, now] = [occupied(before, type), occupied(after, type)];
  const added = new Set([...now.written.keys()].filter((path) => !old.there.has(path)));
  const removed = new Set([...old.written.keys()].filter((path) => !now.there.has(path)));
  const modified = new Set(
    [...now.written].flatMap(([path, json]) => {
      const was = old.written.get(path);
      return json !== undefined && was !== undefined && json !== was ? [path] : [];
    }),
  );
  return { added, removed, modified };
}

/** Merge, and in which order the items of lists come. */
function merged(live: Json, applied: Json, type: Type): Json {
  if (applied === undefined) return live;
  const [old, now] = [childrenOf(live, type), childrenOf(applied, type)];
  if (live === undefined || old === undefined || now === undefined || (old.length === 0 && now.length === 0))
    return applied;
  const oldByElement = new Map(old.map((child) => [child.element, child]));
  const nowByElement = new Map(now.map((child) => [child.element, child]));
  const both = (element: string): Json => {
    const [left, right] = [oldByElement.get(element), nowByElement.get(element)];
    return merged(left?.value, right?.value, (right ?? left)?.type ?? leaf);
  };
  if (!Array.isArray(applied)) {
    const names = new Set([...oldByElement.keys(), ...nowByElement.keys()]);
    return Object.fromEntries([...names].map((element) => [element.slice(2), both(element)]));
  }
  return ordered([...oldByElement.keys()], [...nowByElement.keys()]).map(both);
}

function ordered(left: string[], right: string[]): string[] {
  const shared = right.filter((element) => left.includes(element));
  let nextShared = shared.shift();
  const out: string[] = [];
  for (let [l, r] = [0, 0]; l < left.length || r < right.length;) {
    const [fromLeft, fromRight] = [left[l], right[r]];
    if (fromLeft !== undefined && fromRight !== undefined) {
      if (fromLeft === fromRight) {
        out.push(fromLeft);
        l += 1;
        r += 1;
        nextShared = shared.shift();
        continue;
      }
      if (right.includes(fromLeft) && nextShared !== undefined && nextShared !== fromLeft) {
        l += 1;
        continue;
      }
    }
    if (fromLeft !== undefined && !right.includes(fromLeft)) {
      out.push(fromLeft);
      l += 1;
    } else if (fromRight !== undefined) {
      out.push(fromRight);
      r += 1;
      if (nextShared === fromRight) nextShared = shared.shift();
    } else {
      l += 1;
    }
  }
  return out;
}

/** RemoveItems: null where all that was in a place is gone. */
function removeItems(value: Json, type: Type, gone: ReadonlySet<Path>, path: Path = ROOT): Json {
  const children = childrenOf(value, type);
  if (children === undefined) return value;
  const kept = children
    .map((child) => ({ ...child, at: below(path, child.element) }))
    .filter(({ at }) => !gone.has(at))
    .map((child) => {
      const isTouched = [...gone].some((path) => prefixesOf(path).slice(0, -1).includes(child.at));
      return { ...child, value: isTouched ? removeItems(child.value, child.type, gone, child.at) : child.value };
    });
  if (kept.length === 0) return null;
  return Array.isArray(value)
    ? kept.map((child) => child.value)
    : Object.fromEntries(kept.map((child) => [child.element.slice(2), child.value]));
}

/** EnsureNamedFieldsAreMembers. */
function withNamed(paths: ReadonlySet<Path>, type: Type): Set<Path> {
  const result = new Set(paths);
  for (const path of paths) {
    let at: Type | undefined = type;
    elementsOf(path).forEach((element, index, all) => {
      const name = element.slice(2);
      if (at?.is === 'struct' && Object.hasOwn(at.fields, name)) {
        result.add(JSON.stringify(all.slice(0, index + 1)));
        at = at.fields[name];
      } else at = at?.is === 'list' || at?.is === 'map' ? at.of : undefined;
    });
  }
  return result;
}

const minus = (a: ReadonlySet<Path>, b: ReadonlySet<Path>): Set<Path> => new Set([...a].filter((path) => !b.has(path)));
const and = (a: ReadonlySet<Path>, b: ReadonlySet<Path>): Set<Path> => new Set([...a].filter((path) => b.has(path)));
const or = (...sets: readonly ReadonlySet<Path>[]): Set<Path> => new Set(sets.flatMap((each) => [...each]));

const withoutNull = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(withoutNull)
    : isMap(value)
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, child]) => child !== null)
            .map(([name, child]) => [name, withoutNull(child)]),
        )
      : value;

/** `f:metadata f:name` and the like, which belong to nobody. */
const NOBODYS: ReadonlySet<Path> = new Set(
  [['f:apiVersion'], ['f:kind'], ['f:metadata'], ['f:metadata', 'f:name']].map((path) => JSON.stringify(path)),
);

export interface ModelManager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly time: string;
  readonly fields: ReadonlySet<Path>;
}
export interface ModelState {
  readonly object: Json;
  readonly managers: readonly ModelManager[];
}
/** Who would lose what, by name and operation. */
export interface ModelConflicts {
  readonly conflicts: readonly {
    readonly name: string;
    readonly operation: string;
    readonly fields: readonly Path[];
  }[];
}

interface Step {
  readonly state: ModelState | undefined;
  readonly object: Json;
  readonly by: string;
  readonly time: string;
  readonly type: Type;
}

const isOf =
  (name: string, operation: string) =>
  (manager: ModelManager): boolean =>
    manager.name === name && manager.operation === operation;

export function modelUpdate({ state, object, by, time, type }: Step): ModelState {
  const { added, modified, removed } = differences(state?.object ?? {}, object, type);
  const taken = minus(or(added, modified), NOBODYS);
  const lost = or(taken, removed);
  const managers = (state?.managers ?? []).map((each) => ({ ...each, fields: minus(each.fields, lost) }));
  const own = managers.find(isOf(by, 'Update'));
  const next =
    taken.size === 0
      ? managers
      : [
          ...managers.filter((each) => each !== own),
          { name: by, operation: 'Update' as const, time, fields: or(own?.fields ?? new Set(), taken) },
        ];
  return { object, managers: next.filter(({ fields }) => fields.size > 0) };
}

export function modelApply({
  state,
  object,
  by,
  time,
  type,
  force,
}: Step & { readonly force: boolean }): ModelState | ModelConflicts {
  const live = state?.object ?? {};
  const managers = state === undefined ? [] : recorded(state, type);
  const own = managers.find(isOf(by, 'Apply'));
  const others = managers.filter((each) => each !== own);
  const config = fieldsOf(object, type);
  const all = merged(live, object, type);
  const next =
    own === undefined || own.fields.size === 0
      ? all
      : pruned(all, type, own.fields, or(config, ...others.map(({ fields }) => fields)));
  const { added, modified, removed } = differences(live, next, type);
  const conflicts = others
    .map(({ name, operation, fields }) => ({ name, operation, fields: [...and(fields, or(added, modified))] }))
    .filter(({ fields }) => fields.length > 0);
  if (conflicts.length > 0 && !force) return { conflicts };
  const lost = or(added, modified, removed);
  const fields = minus(config, NOBODYS);
  const isNews = added.size + modified.size + removed.size > 0;
  return {
    object: next,
    managers: [
      ...others.map((each) => ({ ...each, fields: minus(each.fields, lost) })),
      { name: by, operation: 'Apply' as const, time: isNews ? time : (own?.time ?? time), fields },
    ].filter((each) => each.fields.size > 0),
  };
}

/** Where nobody is recorded, whoever made the object is. */
const recorded = ({ object, managers }: ModelState, type: Type): readonly ModelManager[] =>
  managers.length > 0
    ? managers
    : modelUpdate({ state: undefined, object, by: 'before-first-apply', time: '', type }).managers;

function pruned(all: Json, type: Type, last: ReadonlySet<Path>, managed: ReadonlySet<Path>): Json {
  const named = (value: Json): Set<Path> => withNamed(fieldsOf(value, type), type);
  const [everything, before] = [named(all), withNamed(last, type)];
  const bare = removeItems(all, type, before);
  const owned = removeItems(all, type, minus(everything, or(named(bare), withNamed(managed, type))));
  return withoutNull(removeItems(all, type, and(minus(everything, named(owned)), before)));
}
