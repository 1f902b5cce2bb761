import { Environment, serialize } from '@marcbachmann/cel-js';
import { walk } from './syntax-tree';

/**
 * Lists whose items are told apart by themselves (sets) or by their keys (maps): they are equal in any order, and joining
 * them leaves each item once (k8s.io/apiserver/pkg/cel/common: unstructuredSetList, unstructuredMapList). The library knows
 * lists by position alone, so that its operators stand for functions where such lists may be.
 */
const IDENTITY = Symbol('how the items of a list are told apart');

/** Marks a list. `keys`: of a map; none for a set. */
export function asTold(list: unknown[], keys?: readonly string[]): unknown[] {
  return Object.defineProperty(list, IDENTITY, { value: keys ?? [] });
}

const keysOf = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? (value as { readonly [IDENTITY]?: readonly string[] })[IDENTITY] : undefined;

const FUNCTIONS: Readonly<Record<string, string>> = { '==': 'sameAs', '+': 'joinedWith' };

/** The expression with those functions in place of `==`, `!=` and `+`. Throws what parsing throws. */
export function withListTypes(environment: Environment, text: string): string {
  const { ast } = environment.parse(text);
  walk(ast, (node) => {
    const name = FUNCTIONS[node.op];
    if (name !== undefined) Object.assign(node, { op: 'call', args: [name, node.args] });
    if (node.op !== '!=') return;
    const same = Object.assign(Object.create(Object.getPrototypeOf(node) as object) as typeof node, node);
    Object.assign(node, { op: '!_', args: Object.assign(same, { op: 'call', args: ['sameAs', node.args] }) });
  });
  return serialize(ast);
}

export function addListTypes(environment: Environment): void {
  const plain = new Environment({ enableOptionalTypes: true })
    .registerVariable('a', 'dyn')
    .registerVariable('b', 'dyn');
  const [equal, sum] = [plain.parse('a == b'), plain.parse('a + b')];
  const isSame = (a: unknown, b: unknown): boolean => {
    if (Array.isArray(a) && Array.isArray(b)) return areSameLists(a, b, isSame);
    if (!isPlain(a) || !isPlain(b)) return equal({ a, b }) === true;
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && isSame(a[name], b[name]))
    );
  };
  const joined = (a: unknown, b: unknown): unknown => {
    const keys = keysOf(a);
    if (keys === undefined || !Array.isArray(a) || !Array.isArray(b)) return sum({ a, b }) as unknown;
    const others = b.filter((item) => !a.some((each) => isSameItem(each, item, keys, isSame)));
    const kept = a.map((item: unknown) => (b.find((each) => isSameItem(each, item, keys, isSame)) as unknown) ?? item);
    return asTold([...kept, ...others], keys);
  };
  environment.registerFunction('sameAs(dyn, dyn): bool', isSame as never);
  environment.registerFunction('joinedWith(dyn, dyn): dyn', joined as never);
}

type IsSame = (a: unknown, b: unknown) => boolean;

function areSameLists(a: readonly unknown[], b: readonly unknown[], isSame: IsSame): boolean {
  if (a.length !== b.length) return false;
  const keys = keysOf(a) ?? keysOf(b);
  if (keys === undefined) return a.every((item, at) => isSame(item, b[at]));
  return a.every((item) => b.some((each) => isSameItem(item, each, keys, isSame) && isSame(item, each)));
}

/** Of a set the items themselves are the keys. */
const isSameItem = (a: unknown, b: unknown, keys: readonly string[], isSame: IsSame): boolean =>
  keys.length === 0 ? isSame(a, b) : isPlain(a) && isPlain(b) && keys.every((key) => isSame(a[key], b[key]));

type Plain = Readonly<Record<string, unknown>>;
const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
