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
  const [fields, otherFields] = [fieldsOf(one), fieldsOf(other)];
  return (
    fields.size === otherFields.size &&
    [...fields].every(([key, value]) => otherFields.has(key) && isSameJson(value, otherFields.get(key)))
  );
}

const fieldsOf = (object: object): Map<string, unknown> =>
  new Map(Object.entries(object).filter(([, value]) => value !== undefined));
