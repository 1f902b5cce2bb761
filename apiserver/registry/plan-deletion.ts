import type { StoredObject } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { conflict } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { DeleteQuery } from './registry';

export type DeletionPlan =
  /** Nothing holds the object: it leaves the store. */
  | { readonly action: 'remove' }
  /** It stays, marked as being deleted. */
  | { readonly action: 'mark'; readonly object: StoredObject }
  /** It is being deleted already, and not slower than asked. */
  | { readonly action: 'wait' };

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** What a DELETE means for an object as it stands. Pure; throws Conflict where a precondition does not hold. */
export function planDeletion(
  kind: Kind,
  object: StoredObject,
  query: Pick<DeleteQuery, 'gracePeriodSeconds' | 'propagationPolicy' | 'preconditions'>,
  nowMs: number,
): DeletionPlan {
  checkPreconditions(kind, object, query.preconditions);
  const { metadata } = object;
  const grace = graceOf(kind, object, query.gracePeriodSeconds);
  const finalizers = finalizersFor(kind, metadata.finalizers ?? [], query.propagationPolicy);
  const isHeld = finalizers.length > 0 || kind.holdsDeletion?.(object) === true;
  if (metadata.deletionTimestamp !== undefined) {
    const graceBefore = metadata.deletionGracePeriodSeconds ?? 0;
    if (grace === 0 && !isHeld) return { action: 'remove' };
    const isShorter = kind.gracePeriodSeconds !== undefined && grace < graceBefore;
    const isSameHold = finalizers.length === (metadata.finalizers ?? []).length;
    if (!isShorter && isSameHold) return { action: 'wait' };
    const askedMs = Date.parse(metadata.deletionTimestamp) - graceBefore * 1000;
    const seconds = isShorter ? grace : graceBefore;
    return { action: 'mark', object: marked(object, finalizers, askedMs + seconds * 1000, seconds) };
  }
  if (grace === 0 && !isHeld) return { action: 'remove' };
  const next = marked(object, finalizers, nowMs + grace * 1000, grace);
  const { generation } = next.metadata;
  if (generation !== undefined) next.metadata = { ...next.metadata, generation: generation + 1 };
  kind.beginDeletion?.(next);
  return { action: 'mark', object: next };
}

/** An object that was marked leaves the store with the update that takes away the last thing that held it. */
export function isReleased(kind: Kind, object: StoredObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata;
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    finalizers.length === 0 &&
    kind.holdsDeletion?.(object) !== true
  );
}

function graceOf(kind: Kind, object: StoredObject, requested: number | undefined): number {
  if (kind.gracePeriodSeconds === undefined) return 0;
  // Kubernetes reads a negative grace period as one second.
  return kind.gracePeriodSeconds(object, requested !== undefined && requested < 0 ? 1 : requested);
}

function finalizersFor(
  kind: Kind,
  current: readonly string[],
  policy: DeleteQuery['propagationPolicy'],
): readonly string[] {
  if (policy === undefined) {
    const isDecided = current.includes(ORPHAN) || current.includes(FOREGROUND);
    return kind.orphansByDefault === true && !isDecided ? [...current, ORPHAN] : current;
  }
  const others = current.filter((each) => each !== FOREGROUND && each !== ORPHAN);
  if (policy === 'Background') return others;
  return [...others, policy === 'Foreground' ? FOREGROUND : ORPHAN];
}

function marked(
  object: StoredObject,
  finalizers: readonly string[],
  whenMs: number,
  graceSeconds: number,
): StoredObject {
  const { finalizers: _, ...metadata } = structuredClone(object.metadata);
  return {
    ...structuredClone(object),
    metadata: {
      ...metadata,
      deletionTimestamp: toTimestamp(whenMs),
      deletionGracePeriodSeconds: graceSeconds,
      ...(finalizers.length === 0 ? {} : { finalizers: [...finalizers] }),
    },
  };
}

function checkPreconditions(kind: Kind, { metadata }: StoredObject, wanted: DeleteQuery['preconditions']): void {
  const of = { group: kind.group, resource: kind.plural };
  if (wanted?.uid !== undefined && wanted.uid !== metadata.uid) {
    throw conflict(
      of,
      metadata.name,
      `the UID in the precondition (${wanted.uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (wanted?.resourceVersion !== undefined && wanted.resourceVersion !== metadata.resourceVersion) {
    throw conflict(
      of,
      metadata.name,
      `the ResourceVersion in the precondition (${wanted.resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  }
}
