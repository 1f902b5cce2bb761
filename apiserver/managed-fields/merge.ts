import { badRequest } from '../../shared/status-error';
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

/**
 * All of both lists: the wanted in their order, and those of the live list that are not wanted before what is wanted of what
 * stood after them (structured-merge-diff, typed/merge.go).
 */
function interleave(live: readonly string[], wanted: readonly string[]): string[] {
  const isWanted = new Set(wanted);
  const isLive = new Set(live);
  const shared = wanted.filter((element) => isLive.has(element));
  const result: string[] = [];
  let [atLive, atWanted, atShared] = [0, 0, 0];
  while (atLive < live.length || atWanted < wanted.length) {
    const standing = live[atLive];
    const next = wanted[atWanted];
    const nextShared = shared[atShared];
    if (standing !== undefined && !isWanted.has(standing)) {
      result.push(standing);
      atLive += 1;
    } else if (next === undefined || (standing !== undefined && nextShared !== undefined && standing !== nextShared)) {
      // It comes where the wanted order has it.
      atLive += 1;
    } else {
      result.push(next);
      atWanted += 1;
      if (next === standing) atLive += 1;
      if (next === nextShared) atShared += 1;
    }
  }
  return result;
}
