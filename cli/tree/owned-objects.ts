import type { StoredObject } from '../api-object';

/** An object with what it owns. */
export interface TreeNode {
  readonly object: StoredObject;
  readonly children: readonly TreeNode[];
}

/** What an object owns, and what that owns, by owner references; in order of kind and name. An object stands there once. */
export function treeOf(root: StoredObject, all: readonly StoredObject[]): TreeNode {
  const byOwner = new Map<string, StoredObject[]>();
  for (const object of all)
    for (const { uid } of object.metadata.ownerReferences ?? [])
      byOwner.set(uid, [...(byOwner.get(uid) ?? []), object]);
  const seen = new Set<string>();
  const grow = (object: StoredObject): TreeNode => {
    seen.add(object.metadata.uid);
    const owned = (byOwner.get(object.metadata.uid) ?? []).filter(({ metadata }) => !seen.has(metadata.uid));
    return { object, children: [...owned].sort(byKindAndName).map(grow) };
  };
  return grow(root);
}

const byKindAndName = (a: StoredObject, b: StoredObject): number =>
  a.kind.localeCompare(b.kind) || a.metadata.name.localeCompare(b.metadata.name);

/** Each object with the lines that lead to it, the root first. */
export function* branchesOf(
  node: TreeNode,
  prefix = '',
  below = '',
): Generator<readonly [lines: string, object: StoredObject]> {
  yield [prefix, node.object];
  for (const [index, child] of node.children.entries()) {
    const isLast = index === node.children.length - 1;
    yield* branchesOf(child, `${below}${isLast ? '└─' : '├─'}`, `${below}${isLast ? '  ' : '│ '}`);
  }
}
