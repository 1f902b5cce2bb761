import { isSameJson } from '../../shared/same-json';

const idOf = (item: unknown, mergeKey: string | undefined): unknown =>
  mergeKey !== undefined && typeof item === 'object' && item !== null
    ? (item as Record<string, unknown>)[mergeKey]
    : item;

const indexIn = (items: readonly unknown[], item: unknown, mergeKey: string | undefined): number =>
  items.findIndex((each) => isSameJson(idOf(each, mergeKey), idOf(item, mergeKey)));

/**
 * A merged list: the items that the order (`$setElementOrder`, else the patch's own list) names stand in that order; the others keep their places before and after
 * them as the server had them (`normalizeElementOrder` of k8s.io/apimachinery/pkg/util/strategicpatch).
 */
export function orderItems(
  items: readonly unknown[],
  before: readonly unknown[],
  order: readonly unknown[],
  mergeKey: string | undefined,
): unknown[] {
  const isNamed = (item: unknown): boolean => indexIn(order, item, mergeKey) >= 0;
  const byIndex = (list: readonly unknown[]) => (a: unknown, b: unknown) =>
    indexIn(list, a, mergeKey) - indexIn(list, b, mergeKey);
  const named = items.filter(isNamed).sort(byIndex(order));
  const others = items.filter((item) => !isNamed(item));
  const result: unknown[] = [];
  let next = 0;
  for (const item of named) {
    const place = indexIn(before, item, mergeKey);
    for (let other = others[next]; other !== undefined; other = others[next]) {
      if (place < 0 || indexIn(before, other, mergeKey) >= place || indexIn(before, other, mergeKey) < 0) break;
      result.push(other);
      next += 1;
    }
    result.push(item);
  }
  return [...result, ...others.slice(next)];
}
