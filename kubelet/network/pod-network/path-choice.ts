import type { Backend, PeerPath } from '../../../shared/wire/pod-network';

/** What was seen of one way to one peer, in a row: one of the two is 0. */
export interface WayHealth {
  readonly answers: number;
  readonly misses: number;
}

export const UNKNOWN_WAY: WayHealth = { answers: 0, misses: 0 };

/** A way that was away is trusted again after so many answers. */
const ANSWERS_TO_CLIMB = 2;
/** One datagram may be lost. */
const MISSES_TO_LEAVE = 2;

export const afterAnswer = ({ answers }: WayHealth): WayHealth => ({ answers: answers + 1, misses: 0 });
export const afterMiss = ({ misses }: WayHealth): WayHealth => ({ answers: 0, misses: misses + 1 });

/**
 * The way to take to a peer. The first of the candidates until something is known; then the best that answers. Where none
 * does, the one that was taken stays: the peer's agent may only be away, and its pods run on.
 */
export function choosePath(
  candidates: readonly Backend[],
  healthOf: (backend: Backend) => WayHealth,
  current: PeerPath | undefined,
): PeerPath {
  const [first] = candidates;
  if (first === undefined) return 'none';
  const taken = candidates.find((backend) => backend === current);
  if (taken === undefined) return candidates.find((backend) => healthOf(backend).answers > 0) ?? first;
  const isWorking = healthOf(taken).misses < MISSES_TO_LEAVE;
  const better = candidates.slice(0, candidates.indexOf(taken));
  const climbed = better.find((backend) => healthOf(backend).answers >= ANSWERS_TO_CLIMB);
  if (climbed !== undefined) return climbed;
  if (isWorking) return taken;
  return candidates.find((backend) => healthOf(backend).answers > 0) ?? taken;
}

/** Which ways are worth asking now: the one taken and better ones; all where that one fails, and now and then. */
export function waysToAsk(
  candidates: readonly Backend[],
  healthOf: (backend: Backend) => WayHealth,
  current: PeerPath | undefined,
  isFullRound: boolean,
): readonly Backend[] {
  const taken = candidates.find((backend) => backend === current);
  if (taken === undefined || isFullRound || healthOf(taken).answers === 0) return candidates;
  return candidates.slice(0, candidates.indexOf(taken) + 1);
}
