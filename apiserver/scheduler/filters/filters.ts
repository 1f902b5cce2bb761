import type { Filter } from './filter';
import { fitsResources } from './fits-resources';
import { hostPortsFree } from './host-ports';
import { matchesNodeAffinity } from './node-affinity';
import { nodeReady } from './node-ready';
import { nodeSchedulable } from './node-schedulable';
import { toleratesTaints } from './taints';

/** All filters. A node is excluded by the first that refuses, so what a person can mend least comes first. */
export const filters: readonly Filter[] = [
  matchesNodeAffinity,
  nodeReady,
  nodeSchedulable,
  toleratesTaints,
  hostPortsFree,
  fitsResources,
];
