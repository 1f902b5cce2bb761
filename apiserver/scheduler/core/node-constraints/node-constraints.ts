import { runsImages } from './architecture';
import { matchesNodeAffinity } from './node-affinity';
import { isNamedNode } from './node-name';
import { nodeReady } from './node-ready';
import { nodeSchedulable } from './node-schedulable';
import { toleratesTaints } from './taints';
import { reachesVolumes } from './volumes';
import type { NodeConstraint } from './node-constraint';

/** Those that look at nothing but the node itself. */
export const nodeConstraints: readonly NodeConstraint[] = [
  isNamedNode,
  matchesNodeAffinity,
  reachesVolumes,
  runsImages,
  nodeReady,
  nodeSchedulable,
  toleratesTaints,
];
