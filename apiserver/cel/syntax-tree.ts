import type { ASTNode } from '@marcbachmann/cel-js';

/** Calls `visit` with a node and everything below it. */
export function walk(node: ASTNode, visit: (node: ASTNode) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}

/** True where the expression reads a variable of this name; the same word in a text does not count. */
export function reads(node: ASTNode, name: string): boolean {
  let found = false;
  walk(node, (each) => (found ||= each.op === 'id' && each.args === name));
  return found;
}

const isNode = (value: unknown): value is ASTNode => typeof value === 'object' && value !== null && 'op' in value;

/** The operands of a node, wherever they stand among its arguments. */
export function childrenOf(node: ASTNode): readonly ASTNode[] {
  const found: ASTNode[] = [];
  const gather = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) value.forEach(gather);
  };
  gather(node.args);
  return found;
}
