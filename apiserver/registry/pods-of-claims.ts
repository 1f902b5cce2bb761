import type { Pod } from '../../shared/api/objects';
import { claimNamesOf } from '../../shared/pod/claims';
import type { ObjectChange, ObjectKey } from './client';
import { keyOf, keyString } from './client';

const NONE: ReadonlyMap<string, ObjectKey> = new Map();

/** Which pods name a claim, found without looking at the others. A pod's volumes never change. */
export class PodsOfClaims {
  private readonly byClaim = new Map<string, Map<string, ObjectKey>>();

  /** To be told of every change of a pod, of those that are there as just added. */
  see({ type, object }: Pick<ObjectChange<Pod>, 'type' | 'object'>): void {
    if (type === 'MODIFIED') return;
    const key = keyOf(object);
    const id = keyString(key);
    for (const name of claimNamesOf(object)) {
      const claim = keyString({ namespace: object.metadata.namespace, name });
      const pods = this.byClaim.get(claim) ?? new Map<string, ObjectKey>();
      if (type === 'ADDED') this.byClaim.set(claim, pods.set(id, key));
      else if (pods.delete(id) && pods.size === 0) this.byClaim.delete(claim);
    }
  }

  of(claim: ObjectKey): Iterable<ObjectKey> {
    return (this.byClaim.get(keyString(claim)) ?? NONE).values();
  }
}
