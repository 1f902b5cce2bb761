import type { Environment } from '@marcbachmann/cel-js';
import { findAll, isFound } from '../regular-expressions';

/** The name under which `matches` is known that takes Go's regular expressions. */
export const RE2_MATCHES = 'matchesRe2';

type Value = string | number | bigint | boolean;

/** Functions that Kubernetes adds to CEL's own (k8s.io/apiserver/pkg/cel/library: regex, lists; cel-go ext: strings, sets). */
export function addTextAndLists(environment: Environment): void {
  const text: Readonly<Record<string, (...args: never[]) => unknown>> = {
    [`string.${RE2_MATCHES}(string): bool`]: (value: string, pattern: string) => isFound(pattern, value),
    'matches(string, string): bool': (value: string, pattern: string) => isFound(pattern, value),
    'string.find(string): string': (value: string, pattern: string) => findAll(pattern, value, 1)[0] ?? '',
    'string.findAll(string): list<string>': (value: string, pattern: string) => findAll(pattern, value),
    'string.findAll(string, int): list<string>': (value: string, pattern: string, limit: bigint) =>
      findAll(pattern, value, limit < 0n ? Infinity : Number(limit)),
    'string.replace(string, string): string': (value: string, from: string, to: string) =>
      value.replaceAll(from, () => to),
    'string.replace(string, string, int): string': (value: string, from: string, to: string, limit: bigint) =>
      limit < 0n ? value.replaceAll(from, () => to) : replaceSome(value, from, to, Number(limit)),
    'string.charAt(int): string': (value: string, at: bigint) => characterAt(value, Number(at)),
    'string.reverse(): string': (value: string) => [...value].reverse().join(''),
    'list<dyn>.isSorted(): bool': (list: Value[]) => list.every((item, at) => at === 0 || !isLess(item, list[at - 1])),
    'list<dyn>.sum(): dyn': (list: (bigint | number)[]) =>
      list.length === 0 ? 0n : list.reduce((sum, item) => ((sum as number) + (item as number)) as bigint | number),
    'list<dyn>.min(): dyn': (list: Value[]) => extreme(list, 'min', isLess),
    'list<dyn>.max(): dyn': (list: Value[]) => extreme(list, 'max', (a, b) => isLess(b, a)),
    'list<dyn>.indexOf(dyn): int': (list: unknown[], item: unknown) =>
      BigInt(list.findIndex((each) => isEqual(each, item))),
    'list<dyn>.lastIndexOf(dyn): int': (list: unknown[], item: unknown) =>
      BigInt(list.findLastIndex((each) => isEqual(each, item))),
    'list<dyn>.distinct(): list<dyn>': (list: unknown[]) =>
      list.filter((item, at) => list.findIndex((each) => isEqual(each, item)) === at),
  };
  for (const [signature, handler] of Object.entries(text)) environment.registerFunction(signature, handler as never);
}

/** Just behind the end stands nothing; farther out is an error (cel-go ext: strings). */
function characterAt(value: string, at: number): string {
  const characters = [...value];
  if (at < 0 || at > characters.length) throw new Error(`index out of range: ${at}`);
  return characters[at] ?? '';
}

function replaceSome(value: string, from: string, to: string, limit: number): string {
  let rest = value;
  let done = '';
  for (let count = 0; count < limit; count += 1) {
    const at = rest.indexOf(from);
    if (at < 0) break;
    done += rest.slice(0, at) + to;
    rest = rest.slice(at + from.length);
  }
  return done + rest;
}

const isLess = (a: Value | undefined, b: Value | undefined): boolean => a !== undefined && b !== undefined && a < b;
/** CEL's equality of numbers, texts, lists and objects. */
export const isEqual = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);
const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? Number(part) : part));

function extreme(list: readonly Value[], name: string, isBetter: (a: Value, b: Value) => boolean): Value {
  const [first, ...others] = list;
  if (first === undefined) throw new Error(`${name} called on empty list`);
  return others.reduce((best, item) => (isBetter(item, best) ? item : best), first);
}
