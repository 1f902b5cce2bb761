import { greedy } from './greedy';
import type { Policy } from './policy';

/** All policies, by the name that `--scheduler-policy` takes. */
export const policies: readonly Policy[] = [greedy];

export const findPolicy = (name: string): Policy | undefined => policies.find((policy) => policy.name === name);
