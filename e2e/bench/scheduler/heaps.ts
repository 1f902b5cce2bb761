import type { INode } from '@tyriar/fibonacci-heap';
import { FibonacciHeap } from '@tyriar/fibonacci-heap';

/** A queue of nodes by distance for Dijkstra's algorithm. Entries that were overtaken may come out again: skip them. */
export interface NodeQueue {
  readonly name: string;
  clear(): void;
  push(node: number, distance: number): void;
  /** -1: empty. */
  pop(): number;
}

/** Binary heap with lazy deletion. */
export function binaryHeap(): NodeQueue {
  let [nodes, keys]: [number[], number[]] = [[], []];
  const swap = (a: number, b: number): void => {
    [nodes[a], nodes[b]] = [nodes[b] ?? 0, nodes[a] ?? 0];
    [keys[a], keys[b]] = [keys[b] ?? 0, keys[a] ?? 0];
  };
  const key = (at: number): number => keys[at] ?? Infinity;
  return {
    name: 'binary heap',
    clear: () => {
      [nodes, keys] = [[], []];
    },
    push: (node, distance) => {
      let at = nodes.push(node) - 1;
      keys.push(distance);
      for (let up = (at - 1) >> 1; at > 0 && key(up) > key(at); up = (at - 1) >> 1) {
        swap(at, up);
        at = up;
      }
    },
    pop: () => {
      const [top] = nodes;
      if (top === undefined) return -1;
      swap(0, nodes.length - 1);
      nodes.pop();
      keys.pop();
      for (let at = 0; ;) {
        const left = 2 * at + 1;
        const child = key(left + 1) < key(left) ? left + 1 : left;
        if (key(child) >= key(at)) return top;
        swap(at, child);
        at = child;
      }
    },
  };
}

/** Radix heap: for whole-number distances that never fall below the last one popped. */
export function radixHeap(): NodeQueue {
  const BUCKETS = 33;
  const buckets: { node: number; key: number }[][] = Array.from({ length: BUCKETS }, () => []);
  let last = 0;
  const bucketOf = (distance: number): number => (distance === last ? 0 : 32 - Math.clz32(distance ^ last));
  return {
    name: 'radix heap',
    clear: () => {
      for (const bucket of buckets) if (bucket.length > 0) bucket.length = 0;
      last = 0;
    },
    push: (node, distance) => void buckets[bucketOf(distance)]?.push({ node, key: distance }),
    pop: () => {
      if (buckets[0]?.length === 0) {
        const first = buckets.findIndex((bucket) => bucket.length > 0);
        if (first < 0) return -1;
        const moved = buckets[first] ?? [];
        buckets[first] = [];
        last = moved.reduce((lowest, { key }) => Math.min(lowest, key), Infinity);
        for (const entry of moved) buckets[bucketOf(entry.key)]?.push(entry);
      }
      return buckets[0]?.pop()?.node ?? -1;
    },
  };
}

/** Fibonacci heap with decrease-key. */
export function fibonacciHeap(): NodeQueue {
  let heap = new FibonacciHeap<number, number>();
  let entries = new Map<number, INode<number, number>>();
  return {
    name: 'Fibonacci heap',
    clear: () => {
      heap = new FibonacciHeap();
      entries = new Map();
    },
    push: (node, distance) => {
      const known = entries.get(node);
      if (known === undefined) entries.set(node, heap.insert(distance, node));
      else heap.decreaseKey(known, distance);
    },
    pop: () => {
      const top = heap.extractMinimum();
      if (top === null) return -1;
      const node = top.value ?? -1;
      entries.delete(node);
      return node;
    },
  };
}
