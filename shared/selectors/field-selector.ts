import { SelectorError } from './label-selector';

/** One term of a field selector: `status.phase!=Running`. */
export interface FieldTerm {
  readonly path: string;
  readonly equals: boolean;
  readonly value: string;
}

/** Reads `metadata.name=web,status.phase!=Running`. Throws `SelectorError` in the words of Kubernetes' parser. */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  return splitTerms(text)
    .filter((term) => term !== '')
    .map((term) => {
      const match = /^((?:[^\\=!]|\\.)*?)(==|!=|=)(.*)$/s.exec(term);
      if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`);
      const [, path = '', operator, value = ''] = match;
      return { path, equals: operator !== '!=', value: unescape(value) };
    });
}

/** Splits at the commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  return text.match(/(?:[^\\,]|\\.)+/gs) ?? [];
}

const unescape = (value: string): string => value.replace(/\\([\\,=])/g, '$1');

/** The text of a dotted path in an object: '' where it is absent, as Kubernetes compares. */
export function fieldText(object: unknown, path: string): string {
  let value = object;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return '';
    value = (value as Record<string, unknown>)[part];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

export const matchesFields = (terms: readonly FieldTerm[], object: unknown): boolean =>
  terms.every(({ path, equals, value }) => isText(fieldText(object, path), value) === equals);

/** An absent boolean is false (`spec.unschedulable=false` finds every node that is not cordoned). */
const isText = (text: string, value: string): boolean => text === value || (text === '' && value === 'false');
