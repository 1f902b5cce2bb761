import { RE2JS } from 're2js';

/** Patterns kept compiled: compiling costs ten times as much as matching. */
const KEPT = 1_000;
const compiled = new Map<string, RE2JS>();

/**
 * A regular expression as Go has it (RE2), which is what Kubernetes' patterns are: its time grows with the text alone,
 * whatever the pattern. Throws RE2JSSyntaxException for what is none.
 */
export function regularExpression(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = RE2JS.compile(pattern);
  compiled.set(pattern, made);
  const [oldest] = compiled.keys();
  if (compiled.size > KEPT && oldest !== undefined) compiled.delete(oldest);
  return made;
}

/** True where the pattern is found anywhere in the text. */
export const isFound = (pattern: string, text: string): boolean => regularExpression(pattern).matcher(text).find();

/** What the pattern matches in the text, from the left, at most so many times. */
export function findAll(pattern: string, text: string, limit = Infinity): string[] {
  const matcher = regularExpression(pattern).matcher(text);
  const found: string[] = [];
  while (found.length < limit && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}
