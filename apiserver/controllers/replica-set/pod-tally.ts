import type { Pod } from '../../../shared/api/objects';

/** What a set's status says of its pods. */
export interface PodTally {
  readonly all: number;
  /** Those with all labels of the template. */
  readonly labelled: number;
  readonly ready: number;
  readonly available: number;
  /** Milliseconds until the next one is available; undefined: none is about to be. */
  readonly nextInMs: number | undefined;
}

interface Terms {
  readonly isLabelled: (pod: Pod) => boolean;
  /** Milliseconds until a pod is available; undefined: it is not ready. */
  readonly availableInMs: (pod: Pod) => number | undefined;
}

/** Counts in one go: a set may have thousands of pods, and each of their changes asks for a new count. */
export function tallyOf(pods: readonly Pod[], { isLabelled, availableInMs }: Terms): PodTally {
  let [labelled, ready, available] = [0, 0, 0];
  let nextInMs: number | undefined;
  for (const pod of pods) {
    if (isLabelled(pod)) labelled += 1;
    const waitMs = availableInMs(pod);
    if (waitMs === undefined) continue;
    ready += 1;
    if (waitMs === 0) available += 1;
    else nextInMs = Math.min(nextInMs ?? waitMs, waitMs);
  }
  return { all: pods.length, labelled, ready, available, nextInMs };
}
