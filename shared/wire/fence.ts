import type { Pod } from '../api/objects';

/**
 * Pods with an identity of their own must never run twice. A node that has been without its server for `afterMs` stops
 * them itself; the server replaces them no sooner than `replaceableAfterMs` after the last word that it had of the node.
 * Both count from the same beat: the node from when it sent the last one that was answered, the server from when it came.
 */
export interface FenceTerms {
  readonly afterMs: number;
}

/** What nodes are told where nobody says otherwise. */
export const DEFAULT_FENCE: FenceTerms = { afterMs: 20_000 };

/** How long a node may take to stop them, whatever grace they ask for. */
export const FENCE_STOP_MS = 10_000;

/** For clocks that run at unlike speeds and an engine that is slow to stop what it is told to. */
const MARGIN_MS = 15_000;

/** When the server may take a silent node's fenced pods for stopped. */
export const replaceableAfterMs = ({ afterMs }: FenceTerms): number => afterMs + FENCE_STOP_MS + MARGIN_MS;

/** Whether a pod's node stops it when it has been without its server for too long. */
export const isFenced = ({ metadata }: Pod): boolean =>
  (metadata.ownerReferences ?? []).some(({ controller, kind }) => controller === true && kind === 'StatefulSet');
