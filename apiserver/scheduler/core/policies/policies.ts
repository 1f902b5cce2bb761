import { fair } from './fair';
import { greedy, greedyBestFit, greedyFirstFit, greedyLeastAllocated } from './greedy';
import { minCostFlow } from './min-cost-flow';
import type { PolicyKind } from './policy';
import { roundRobin } from './round-robin';

/** All policies, by the name that `--scheduler-policy` takes. */
export const policies: readonly PolicyKind[] = [
  greedy,
  roundRobin,
  minCostFlow,
  fair,
  greedyFirstFit,
  greedyBestFit,
  greedyLeastAllocated,
];

export const findPolicy = (name: string): PolicyKind | undefined => policies.find((policy) => policy.name === name);
