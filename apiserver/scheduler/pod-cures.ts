import type { Pod } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type { ObjectChange } from '../registry/client';
import { isTerminal } from './cluster-state';
import type { Cure } from './core/constraints/constraint';

const isThere = (pod: Pod | undefined): boolean =>
  pod !== undefined && (pod.spec.nodeName ?? '') !== '' && !isTerminal(pod);

/** What a change of a pod may cure of the refusals of others. `isOurs`: its binding is of the scheduler's own making. */
export function podCures({ type, object, previous }: ObjectChange<Pod>, isOurs: boolean): readonly Cure[] {
  const before = isThere(previous) || (type === 'DELETED' && isThere(object));
  const now = type !== 'DELETED' && isThere(object);
  if (!before) return now && !isOurs ? ['pod-came'] : [];
  if (!now) return ['pod-gone'];
  // Others count it by its labels, it may have asked for less, and who is being deleted no longer counts for spreading.
  const isDying = object.metadata.deletionTimestamp !== undefined;
  if (isDying && previous?.metadata.deletionTimestamp === undefined) return ['pod-gone'];
  return isSameToOthers(object, previous) ? [] : ['pod-gone', 'pod-came'];
}

const isSameToOthers = (one: Pod, other: Pod | undefined): boolean =>
  isSameJson(one.metadata.labels ?? {}, other?.metadata.labels ?? {}) &&
  isSameJson(one.spec.containers, other?.spec.containers);

/** Whether a pod that waits asks for the same as before: its status may change as it likes. */
export const asksTheSame = (one: Pod, other: Pod): boolean =>
  isSameJson(one.spec, other.spec) &&
  isSameJson(one.metadata.labels ?? {}, other.metadata.labels ?? {}) &&
  isSameJson(one.metadata.annotations ?? {}, other.metadata.annotations ?? {});
