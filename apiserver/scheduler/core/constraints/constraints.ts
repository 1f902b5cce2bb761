import type { Constraint } from './constraint';
import { fromNodeConstraint } from './constraint';
import { nodeConstraints } from '../node-constraints/node-constraints';
import { fitsDevices } from './devices';
import { hostPortsFree } from './host-ports';
import { belowLoadCeiling } from './load-ceiling';
import { nearOthers } from './pod-affinity';
import { apartFromOthers, welcomeToOthers } from './pod-anti-affinity';
import { fitsResources } from './resources';
import { spreadsEvenly } from './topology-spread';

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
