import type { Pod, PodStatus } from '../../shared/api/objects';
import type { ObservedPod } from '../plan/observed-pod';
import type { PodFacts } from '../plan/plan';
import type { ContainerId } from '../runtime/runtime';

/** All that a pod's status is made of. */
export interface StatusInput {
  /** As last assigned; its status is the one the server knew then. */
  readonly pod: Pod;
  readonly observed: ObservedPod;
  readonly facts: PodFacts & {
    /** Containers whose readiness probe succeeds. */
    readonly ready: ReadonlySet<ContainerId>;
    readonly terminationMessages: ReadonlyMap<ContainerId, string>;
  };
  /** The pod is on its way out for good: nothing will be started any more. */
  readonly isEnding: boolean;
  /** Why it was ended by the node itself (`DeadlineExceeded`). */
  readonly verdict?: { readonly reason: string; readonly message: string };
  /** Container name -> why it could not be given the resources that the pod asks for now. */
  readonly resizeProblems?: ReadonlyMap<string, string>;
  /** What this agent reported last: containers that are gone from the engine are known by it. */
  readonly reported?: PodStatus | undefined;
  /** The last known addresses: they stay in the status of a finished pod. */
  readonly podIps: readonly string[];
  readonly hostIps: readonly string[];
  readonly startTimeMs: number;
  /** Scheme of container ids: `docker`. */
  readonly runtimeName: string;
}
