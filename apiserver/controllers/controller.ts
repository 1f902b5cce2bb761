import type { KindName, KindTypes } from '../../shared/api/objects';
import type { ObjectChange, ObjectKey } from '../registry/client';

/** What a reconcile asks for: nothing more until something changes, or another look after a while. */
export interface Result {
  readonly requeueAfterMs?: number;
}

export const done: Result = {};

/** A kind that a controller watches, and the keys that a change of one such object concerns. */
export interface Watch<K extends KindName = KindName> {
  readonly kind: K;
  readonly keysFor: (change: ObjectChange<KindTypes[K]>) => readonly ObjectKey[];
}

/** A watch of every kind there is and will be. */
export interface AnyWatch {
  readonly kind: '*';
  readonly keysFor: (change: ObjectChange<KindTypes[KindName]>) => readonly ObjectKey[];
}

/** A typed Watch in a list of mixed kinds. */
export const watching = <K extends KindName>(
  kind: K,
  keysFor: (change: ObjectChange<KindTypes[K]>) => readonly ObjectKey[],
): Watch => ({ kind, keysFor }) as unknown as Watch;

export const anyChange = (keysFor: AnyWatch['keysFor']): AnyWatch => ({ kind: '*', keysFor });

/**
 * Keeps one declared thing true. Level-triggered: `reconcile` is handed a key, reads the present state and mends the
 * difference; doing it twice equals doing it once. It holds no timers: it asks to be called again.
 */
export interface Controller {
  readonly name: string;
  readonly watches: readonly (Watch | AnyWatch)[];
  reconcile(key: ObjectKey): Promise<Result>;
}
