import type { KindName, KindTypes, StoredObject } from '../../../../shared/api/objects';
import type { Committed, Observer } from '../../world/observer';
import type { Invariant, Scene } from '../invariant';

/** A store as invariants see it, changed by hand. */
export class Stage {
  readonly objects = new Map<string, StoredObject>();
  readonly deletedByHand = new Set<string>();
  readonly scaledByHand = new Map<string, readonly number[]>();
  nowMs = 0;

  constructor(private readonly invariant: Invariant) {}

  get scene(): Scene {
    const { deletedByHand, scaledByHand } = this;
    const store: Pick<Observer, 'all' | 'everything'> = {
      all: <K extends KindName>(kind: K) =>
        [...this.objects.values()].filter((object) => object.kind === kind) as unknown as KindTypes[K][],
      everything: () => this.objects,
    };
    return { nowMs: () => this.nowMs, store: store as Observer, machines: [], deletedByHand, scaledByHand };
  }

  /** What the invariant says of it. */
  put(resource: string, given: object): string | undefined {
    const object = given as StoredObject;
    const key = `${resource}/${object.metadata.name}`;
    const change: Committed = { resource, object, previous: this.objects.get(key), isDeletion: false };
    this.objects.set(key, object);
    return this.invariant.onChange?.(change, this.scene);
  }

  end(): string | undefined {
    return this.invariant.atEnd?.(this.scene);
  }
}
