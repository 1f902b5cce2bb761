/** Fills a field that is absent or empty: of a field that cannot be null Kubernetes does not tell the two apart. In place. */
export function setDefault<T extends object, K extends keyof T>(of: T, field: K, value: T[K]): void {
  const present = of[field] as unknown;
  if (present === undefined || present === '' || present === 0) of[field] = value;
}
