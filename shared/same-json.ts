/** Whether two values are the same JSON: key order does not matter, and an undefined field is an absent one. */
export function isSameJson(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) || Array.isArray(other)) {
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => isSameJson(item, other[index]))
    );
  }
  let left = 0;
  for (const key of Object.keys(other)) if ((other as Fields)[key] !== undefined) left += 1;
  for (const key of Object.keys(one)) {
    const value = (one as Fields)[key];
    if (value === undefined) continue;
    if (!Object.hasOwn(other, key) || !isSameJson(value, (other as Fields)[key])) return false;
    left -= 1;
  }
  return left === 0;
}

type Fields = Readonly<Record<string, unknown>>;
