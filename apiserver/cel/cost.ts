import type { ASTNode } from '@marcbachmann/cel-js';
import { childrenOf } from './syntax-tree';

/** How large a value may be: of a list, a map or a text, how many items or characters; and what is within it. */
export interface Extent {
  readonly size?: number;
  /** Of a list's or map's values. */
  readonly item?: Extent;
  /** Of an object's fields, by their names in CEL. */
  readonly field?: (name: string) => Extent | undefined;
}

/** Macros that look at each item in turn, with the number of names they bind. */
const LOOPS: ReadonlySet<string> = new Set([
  'all',
  'exists',
  'exists_one',
  'existsOne',
  'filter',
  'map',
  'transformList',
  'transformMap',
]);
/** They give back what they are called on, or a part of it. */
const KEEPS: ReadonlySet<string> = new Set([
  'filter',
  'distinct',
  'sort',
  'reverse',
  'trim',
  'lowerAscii',
  'upperAscii',
]);
/** They read a text from end to end. */
const READS_ALL: ReadonlySet<string> = new Set([
  'contains',
  'find',
  'findAll',
  'split',
  'replace',
  'matches',
  'matchesRe2',
]);
const COST_OF_A_CHARACTER = 0.1;
const UNKNOWN: Extent = {};

interface Estimate {
  readonly cost: number;
  readonly extent: Extent;
}

/**
 * The most that evaluating an expression can cost, in the units of Kubernetes' estimate (cel-go checker: EstimateCost):
 * a step each for reading a variable or field and calling a function, times the items for what goes through a list. What
 * is not known to be large counts as small: nothing is estimated higher than Kubernetes would.
 */
export function estimateCost(ast: ASTNode, variables: Readonly<Record<string, Extent>>): number {
  return estimate(ast, variables).cost;
}

function estimate(node: ASTNode, names: Readonly<Record<string, Extent>>): Estimate {
  switch (node.op) {
    case 'value':
      return { cost: 0, extent: typeof node.args === 'string' ? { size: node.args.length } : UNKNOWN };
    case 'id':
      return { cost: 1, extent: names[node.args] ?? UNKNOWN };
    case '.':
    case '.?': {
      const [of, name] = node.args;
      const { cost, extent } = estimate(of, names);
      return { cost: cost + 1, extent: extent.field?.(name) ?? extent.item ?? UNKNOWN };
    }
    case '[]':
    case '[?]': {
      const [of, key] = node.args.map((each) => estimate(each, names));
      return { cost: sum(of, key) + 1, extent: of?.extent.item ?? UNKNOWN };
    }
    case '?:': {
      const [condition, yes, no] = node.args.map((each) => estimate(each, names));
      return { cost: sum(condition) + Math.max(sum(yes), sum(no)), extent: yes?.extent ?? UNKNOWN };
    }
    case 'rcall':
      return estimateCall(node.args[0], node.args[1], node.args[2], names);
    default:
      return { cost: 1 + sum(...childrenOf(node).map((each) => estimate(each, names))), extent: UNKNOWN };
  }
}

function estimateCall(
  name: string,
  receiver: ASTNode,
  args: readonly ASTNode[],
  names: Readonly<Record<string, Extent>>,
): Estimate {
  const of = estimate(receiver, names);
  const { size = 1, item = UNKNOWN } = of.extent;
  if (LOOPS.has(name)) {
    const bound = args.slice(0, -1).filter((each) => each.op === 'id');
    const within = { ...names, ...Object.fromEntries(bound.map((each) => [String(each.args), item])) };
    const bodies = args.slice(bound.length).map((each) => estimate(each, within));
    const extent = KEEPS.has(name) ? of.extent : { size, item: bodies.at(-1)?.extent ?? UNKNOWN };
    return { cost: of.cost + size * (1 + sum(...bodies)), extent };
  }
  const read = READS_ALL.has(name) ? size * COST_OF_A_CHARACTER : 0;
  const given = args.map((each) => estimate(each, names));
  return { cost: of.cost + 1 + read + sum(...given), extent: KEEPS.has(name) ? of.extent : UNKNOWN };
}

const sum = (...estimates: readonly (Estimate | undefined)[]): number =>
  estimates.reduce((total, each) => total + (each?.cost ?? 0), 0);
