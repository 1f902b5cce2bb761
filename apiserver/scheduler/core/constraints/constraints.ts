import { runsImages } from './architecture';
import type { Constraint, NodeConstraint } from './constraint';
import { fromNodeConstraint } from './constraint';
import { fitsDevices } from './devices';
import { hostPortsFree } from './host-ports';
import { belowLoadCeiling } from './load-ceiling';
import { matchesNodeAffinity } from './node-affinity';
import { isNamedNode } from './node-name';
import { nodeReady } from './node-ready';
import { nodeSchedulable } from './node-schedulable';
import { nearOthers } from './pod-affinity';
import { apartFromOthers, welcomeToOthers } from './pod-anti-affinity';
import { fitsResources } from './resources';
import { toleratesTaints } from './taints';
import { spreadsEvenly } from './topology-spread';
import { reachesVolumes } from './volumes';

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

/** All of them. A node is excluded by the first that refuses, so what a person can mend least comes first. */
export const constraints: readonly Constraint[] = [
  ...nodeConstraints.map(fromNodeConstraint),
  hostPortsFree,
  nearOthers,
  apartFromOthers,
  welcomeToOthers,
  spreadsEvenly,
  fitsDevices,
  fitsResources,
  belowLoadCeiling,
];
