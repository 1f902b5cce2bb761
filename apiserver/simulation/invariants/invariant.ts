import type { Pod } from '../../../shared/api/objects';
import type { Machine } from '../agents/machine';
import type { Committed, Observer } from '../world/observer';

/** What a controller decides on may be as old as its writes take: facts younger than this are not held against it. */
export const NEWS_MS = 4_000;

/** What invariants see: the store as it is, and the machines as they are. */
export interface Scene {
  /** True time since the beginning. */
  readonly nowMs: () => number;
  readonly store: Observer;
  readonly machines: readonly Machine[];
  /** Uids of pods that somebody deleted by hand. */
  readonly deletedByHand: ReadonlySet<string>;
  /** Replicas that somebody asked for, one after the other, by the uid of a workload. */
  readonly scaledByHand: ReadonlyMap<string, readonly number[]>;
}

/** Something that must never be otherwise. Each looks at what concerns it, and says what is wrong, or nothing. */
export interface Invariant {
  readonly name: string;
  /** After each change in the store. */
  onChange?(change: Committed, scene: Scene): string | undefined;
  /** When a container of a pod has started on a machine. */
  onStarted?(machine: Machine, pod: Pod, scene: Scene): string | undefined;
  /** When the folder of a volume is removed from a machine. */
  onFolderRemoved?(machine: Machine, folder: string, scene: Scene): string | undefined;
  /** Once, when faults have stopped and everything has had its time: what is left to do. */
  atEnd?(scene: Scene): string | undefined;
}

export const podName = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.name}`;
