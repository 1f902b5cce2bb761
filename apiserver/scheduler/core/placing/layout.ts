import type { NodeFit } from '../model/node-fit';
import type { TopologyKey } from '../model/topology-key';

/** Blocks of about the square root of a cluster: finding the best looks at all blocks and into one. */
const SMALL_BLOCK = 64;
const LARGE_BLOCK = 256;
const MANY_NODES = 20_000;

/**
 * The order in which a class of pods looks at the nodes that its demand allows: in groups that agree on the domains
 * the class cares about, within a group by tie order, and cut into blocks.
 */
export interface Layout {
  /** Node by position. */
  readonly nodes: Int32Array;
  /** Position by node slot; -1: not among them. */
  readonly positions: Int32Array;
  /** Block by position. */
  readonly blocks: Int32Array;
  /** First position of each block, and one past the last block's end. */
  readonly starts: Int32Array;
  /** Group by block. */
  readonly groups: Int32Array;
  /** First block of each group, and one past the last group's end. */
  readonly groupStarts: Int32Array;
  /** Any node of each group: they are alike in what the class asks of domains. */
  readonly examples: Int32Array;
}

export function createLayout(
  fit: NodeFit,
  keys: readonly TopologyKey[],
  order: readonly number[],
  size: number,
): Layout {
  const grouped = new Map<string, number[]>();
  for (const node of order) {
    if (!fit.allows(node)) continue;
    const group = keys.map((key) => key.domainOf(node)).join();
    const members = grouped.get(group);
    if (members === undefined) grouped.set(group, [node]);
    else members.push(node);
  }
  const groupList = [...grouped.values()];
  const count = groupList.reduce((sum, members) => sum + members.length, 0);
  const block = count > MANY_NODES ? LARGE_BLOCK : SMALL_BLOCK;
  const nodes = new Int32Array(count);
  const positions = new Int32Array(size).fill(-1);
  const blocks = new Int32Array(count);
  const starts: number[] = [];
  const groups: number[] = [];
  const groupStarts: number[] = [];
  let position = 0;
  for (const [group, members] of groupList.entries()) {
    groupStarts.push(starts.length);
    for (const [index, node] of members.entries()) {
      if (index % block === 0) {
        starts.push(position);
        groups.push(group);
      }
      nodes[position] = node;
      positions[node] = position;
      blocks[position] = starts.length - 1;
      position += 1;
    }
  }
  return {
    nodes,
    positions,
    blocks,
    starts: Int32Array.from([...starts, count]),
    groups: Int32Array.from(groups),
    groupStarts: Int32Array.from([...groupStarts, starts.length]),
    examples: Int32Array.from(groupList.map(([first]) => first ?? -1)),
  };
}
