import type { Node } from '../../shared/api/objects';
import type { FenceTerms } from '../../shared/wire/fence';

/** After how many seconds without a server a node stops its fenced pods, as it has been told; absent: it does not. */
export const FENCE_ANNOTATION = 'pinsetter.io/fence-after-seconds';

/** What a node is bound to; undefined where nothing says that it stops anything by itself. */
export function fenceTermsOf({ metadata }: Node): FenceTerms | undefined {
  const seconds = Number(metadata.annotations?.[FENCE_ANNOTATION]);
  return seconds > 0 ? { afterMs: seconds * 1_000 } : undefined;
}

/**
 * The longer of what the node goes by now and what it is about to be told: the answer that tells it may be lost, and the
 * server must never wait for less than the node does.
 */
export const boundBy = (inForce: FenceTerms, told: FenceTerms): FenceTerms => ({
  afterMs: Math.max(inForce.afterMs, told.afterMs),
});

/** The node as it is when nothing says any more that it stops anything by itself. */
export function withoutFence(node: Node): Node {
  const { [FENCE_ANNOTATION]: bound, ...annotations } = node.metadata.annotations ?? {};
  return bound === undefined ? node : { ...node, metadata: { ...node.metadata, annotations } };
}
