import { createNeverAboveMaxSurge, createNeverBelowMaxUnavailable } from './availability';
import { createBudgetsHold } from './disruption-budget';
import { everythingConverges } from './everything-converges';
import type { Invariant } from './invariant';
import { createCompletionsCountedOnce } from './jobs';
import { noNodeOvercommitted } from './no-node-overcommitted';
import { deletionsEnd, machinesAgree, ownersRemain } from './nothing-left-over';
import { oneOfEachIdentity } from './one-of-each-identity';

/** All that there are, for one run: some remember what they saw. */
export const createInvariants = (): readonly Invariant[] => [
  oneOfEachIdentity,
  createNeverBelowMaxUnavailable(),
  createNeverAboveMaxSurge(),
  createBudgetsHold(),
  noNodeOvercommitted,
  createCompletionsCountedOnce(),
  everythingConverges,
  deletionsEnd,
  ownersRemain,
  machinesAgree,
];
