import type { ApiObject } from '../../shared/api/objects';
import type { PatchType } from './client';
import type { FieldProblem } from './registry';

/**
 * What a strict reader says, in the order in which Kubernetes' readers come upon it: of a custom object first what its
 * text has twice and then what its schema does not know, of others both as they stand, and nothing twice of what is unknown.
 */
export function strictProblems(found: {
  readonly body: ApiObject;
  readonly bodyProblems: readonly FieldProblem[];
  readonly unknownFields: readonly string[];
  readonly isCustom: boolean;
}): readonly string[] {
  const unknown = found.unknownFields.map((path) => ({ path, text: `unknown field ${JSON.stringify(path)}` }));
  if (found.isCustom) {
    const sorted = [...unknown].sort((a, b) => (a.path < b.path ? -1 : 1));
    return [...found.bodyProblems, ...sorted].map(({ text }) => text);
  }
  const isWithin = (path: string): boolean =>
    found.unknownFields.some((each) => path === each || path.startsWith(`${each}.`) || path.startsWith(`${each}[`));
  // Without a path: what is twice in a YAML text, which is told before anything is decoded.
  const ofText = found.bodyProblems.filter(({ path }) => path === undefined);
  const placed = found.bodyProblems.flatMap(({ path, text }) =>
    path === undefined || isWithin(path) ? [] : [{ path, text }],
  );
  return [...ofText, ...inDocumentOrder(found.body, [...placed, ...unknown])].map(({ text }) => text);
}

const OPERATION = ['op', 'from', 'path', 'value'];

/**
 * What the text of a patch has too much, told before what came of the patch: of a JSON patch, fields that an operation
 * has twice or that no operation has.
 */
export function patchProblems(
  patch: { readonly type: PatchType; readonly body: unknown },
  found: readonly FieldProblem[],
): readonly FieldProblem[] {
  if (patch.type !== 'json' || !Array.isArray(patch.body)) return found.map(({ text }) => ({ text }));
  const unknown = patch.body.flatMap((operation: unknown, index) =>
    Object.keys((operation ?? {}) as object)
      .filter((name) => !OPERATION.includes(name))
      .map((name) => ({ path: `[${index}].${name}`, text: `unknown field ${JSON.stringify(`[${index}].${name}`)}` })),
  );
  const twice = found.flatMap(({ path, text }) => (path === undefined || isInValue(path) ? [] : [{ path, text }]));
  return inDocumentOrder(patch.body, [...twice, ...unknown]).map(({ text }) => ({ text: `json patch ${text}` }));
}

/** What an operation adds is not looked into. */
const isInValue = (path: string): boolean => /^\[\d+\]\.value[.[]/.test(path);

/**
 * What was found in a body, in the order in which the body has the fields (the first time, where it has one twice).
 * Paths as `spec.containers[0].image`; what is nowhere in the body comes last.
 */
function inDocumentOrder<T extends { readonly path: string }>(body: unknown, found: readonly T[]): readonly T[] {
  if (found.length < 2) return found;
  const places = new Map<string, number>();
  const wanted = new Set(found.map(({ path }) => path));
  const visit = (value: unknown, path: string): void => {
    if (wanted.has(path)) places.set(path, places.size);
    if (Array.isArray(value)) value.forEach((item, index) => visit(item, `${path}[${index}]`));
    else if (typeof value === 'object' && value !== null) {
      for (const [name, child] of Object.entries(value)) visit(child, path === '' ? name : `${path}.${name}`);
    }
  };
  visit(body, '');
  const placeOf = ({ path }: T): number => places.get(path) ?? places.size;
  return [...found].sort((a, b) => placeOf(a) - placeOf(b));
}
