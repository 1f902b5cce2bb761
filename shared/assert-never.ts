/** The default branch of an exhaustive switch: fails to compile when a case is missing, throws if types lied. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
