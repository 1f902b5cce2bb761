import type { Frontend } from './frontend';

/** One frontend as it was and as it is to be. */
export interface FrontendChange {
  readonly old: Frontend | undefined;
  readonly fresh: Frontend | undefined;
}

export interface SetChange {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

export interface KernelChange {
  /** Whatever was there goes with the same stroke: `old`, `gone` say nothing then. */
  readonly isAnew: boolean;
  readonly frontends: readonly FrontendChange[];
  /** Addresses of endpoints on this node. */
  readonly local: SetChange;
  /** Addresses of pods on this node. */
  readonly pods: SetChange;
}

/** What turns frontends into what the kernel does. */
export interface Kernel {
  /**
   * New connections meet what was there or what is there now, never a Service without its endpoints in between. Where it throws,
   * some of it may have been done: all is to be written anew.
   */
  apply(change: KernelChange): Promise<void>;
  /** Whether what was applied is still there: somebody may have cleared the kernel's tables. */
  stands(): Promise<boolean>;
  /** Leaves nothing behind. */
  remove(): Promise<void>;
}
