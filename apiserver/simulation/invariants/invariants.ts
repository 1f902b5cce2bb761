import { createNeverAboveMaxSurge, createNeverBelowMaxUnavailable } from './availability';
import { createAutoscalersStayWithinBounds } from './autoscaling';
import { historyIsLimited, runsDoNotOverlap } from './cron-jobs';
import { createBudgetsHold } from './disruption-budget';
import { everythingConverges } from './everything-converges';
import type { Invariant } from './invariant';
import { createCompletionsCountedOnce, jobsTryAsOftenAsTheyMay } from './jobs';
import { noNodeOvercommitted } from './no-node-overcommitted';
import { deletionsEnd, machinesAgree, ownersRemain } from './nothing-left-over';
import { oneOfEachIdentity } from './one-of-each-identity';
import { createFullNodesAreSpared } from './pressure';
import { claimsKeepTheirVolume, createVolumesStayHome, volumesInUseStay } from './volumes';

/** All that there are, for one run: some remember what they saw. */
export const createInvariants = (): readonly Invariant[] => [
  oneOfEachIdentity,
  createNeverBelowMaxUnavailable(),
  createNeverAboveMaxSurge(),
  createBudgetsHold(),
  noNodeOvercommitted,
  createCompletionsCountedOnce(),
  jobsTryAsOftenAsTheyMay,
  runsDoNotOverlap,
  historyIsLimited,
  createVolumesStayHome(),
  claimsKeepTheirVolume,
  volumesInUseStay,
  createAutoscalersStayWithinBounds(),
  createFullNodesAreSpared(),
  everythingConverges,
  deletionsEnd,
  ownersRemain,
  machinesAgree,
];
