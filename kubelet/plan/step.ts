import type { AdjustableResources, ContainerId, SandboxId } from '../runtime/runtime';

export type StopReason =
  | 'podTerminating'
  | 'podFinished'
  | 'sandboxChanged'
  | 'definitionChanged'
  | 'livenessFailed'
  | 'startupFailed'
  | 'postStartFailed'
  | 'resized'
  | 'superseded';

/** One thing to do about a pod. Steps of one plan are independent of each other: they may run at the same time. */
export type Step =
  | { readonly kind: 'prepareVolumes' }
  | { readonly kind: 'ensureImage'; readonly container: string; readonly attempt: number }
  | { readonly kind: 'createSandbox'; readonly attempt: number }
  | { readonly kind: 'startSandbox'; readonly id: SandboxId }
  | { readonly kind: 'removeSandbox'; readonly id: SandboxId }
  | {
      readonly kind: 'createContainer';
      readonly sandboxId: SandboxId;
      readonly container: string;
      readonly attempt: number;
      /** Set when it replaces one that exited: counts into the crash back-off. */
      readonly restartsAfterMs?: number;
    }
  | { readonly kind: 'startContainer'; readonly id: ContainerId; readonly container: string }
  | {
      readonly kind: 'stopContainer';
      readonly id: ContainerId;
      readonly container: string;
      readonly reason: StopReason;
      readonly graceSeconds: number;
    }
  | {
      readonly kind: 'resizeContainer';
      readonly id: ContainerId;
      readonly container: string;
      readonly resources: AdjustableResources;
    }
  | { readonly kind: 'removeContainer'; readonly id: ContainerId }
  /** Nothing of the pod is left in the engine: volumes and folders go. */
  | { readonly kind: 'cleanUp' };

export interface Plan {
  readonly steps: readonly Step[];
  /** When to plan again though nothing happens (a back-off ends). */
  readonly wakeAtMs?: number;
}

/** Two steps with one key must not run at the same time. A stop with a shorter grace overtakes a longer one. */
export function keyOf(step: Step): string {
  switch (step.kind) {
    case 'prepareVolumes':
    case 'cleanUp':
      return step.kind;
    case 'createSandbox':
    case 'startSandbox':
      return 'sandbox';
    case 'ensureImage':
    case 'createContainer':
    case 'startContainer':
    case 'resizeContainer':
      return `container/${step.container}`;
    case 'stopContainer':
      return `stop/${step.id}/${step.graceSeconds}`;
    case 'removeSandbox':
    case 'removeContainer':
      return `remove/${step.id}`;
  }
}
