import type { KindName, KindTypes, OwnerReference } from '../../shared/api/objects';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

type AnyObject = KindTypes[KindName];
interface Dependent {
  readonly kind: KindName;
  readonly object: AnyObject;
}

/**
 * Deletes what has lost its last owner, and carries out foreground and orphaning deletions of owners. One instance per
 * kind that may own or be owned: it is keyed by the object, and looks for dependents over all kinds by owner uid.
 */
export class GarbageCollector implements Controller {
  readonly name: string;
  readonly watches;

  constructor(
    private readonly client: Client,
    private readonly kind: KindName,
    private readonly kinds: readonly KindName[],
  ) {
    this.name = `garbage-collector-${kind.toLowerCase()}`;
    this.watches = [
      watching(kind, ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
      // An owner's end concerns its dependents of this kind; a dependent's end concerns its owners of this kind.
      ...kinds.map((other) =>
        watching(other, ({ type, object }) =>
          type === 'DELETED' ? [...this.dependentsOfKind(object.metadata.uid), ...this.ownersOfKind(object)] : [],
        ),
      ),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const object = this.client.view(this.kind).get(key);
    if (object === undefined) return done;
    const finalizers = object.metadata.finalizers ?? [];
    if (object.metadata.deletionTimestamp !== undefined) {
      if (finalizers.includes(ORPHAN)) await this.orphanDependents(object);
      else if (finalizers.includes(FOREGROUND)) await this.deleteDependentsFirst(object);
      return done;
    }
    const owners = object.metadata.ownerReferences ?? [];
    if (owners.length > 0 && owners.every((owner) => !this.exists(owner, object))) await this.remove(this.kind, object);
    return done;
  }

  private async orphanDependents(owner: AnyObject): Promise<void> {
    for (const { kind, object } of this.dependents(owner.metadata.uid)) {
      await this.client
        .modify(kind, keyOf(object), (current) => without(current, owner.metadata.uid))
        .catch(ignoreNotFound);
    }
    await this.release(owner, ORPHAN);
  }

  private async deleteDependentsFirst(owner: AnyObject): Promise<void> {
    const blocking = this.dependents(owner.metadata.uid).filter(({ object }) =>
      object.metadata.ownerReferences?.some(
        (each) => each.uid === owner.metadata.uid && each.blockOwnerDeletion === true,
      ),
    );
    for (const { kind, object } of this.dependents(owner.metadata.uid)) {
      if (object.metadata.deletionTimestamp === undefined) await this.remove(kind, object, 'Foreground');
    }
    if (blocking.length === 0) await this.release(owner, FOREGROUND);
  }

  private async release(object: AnyObject, finalizer: string): Promise<void> {
    await this.client
      .modify(this.kind, keyOf(object), (current) => withoutFinalizer(current, finalizer))
      .catch(ignoreNotFound);
  }

  private async remove(
    kind: KindName,
    object: AnyObject,
    propagationPolicy: 'Background' | 'Foreground' = 'Background',
  ): Promise<void> {
    await this.client
      .delete(kind, keyOf(object), { propagationPolicy, preconditions: { uid: object.metadata.uid } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
  }

  /** An owner of a kind we do not know counts as there: deleting on a guess would lose data. */
  private exists(owner: OwnerReference, dependent: AnyObject): boolean {
    const kind = this.kinds.find((each) => each === owner.kind);
    if (kind === undefined) return true;
    const { namespace } = keyOf(dependent);
    const view = this.client.view(kind);
    return [{ name: owner.name, namespace }, { name: owner.name }].some(
      (key) => view.get(key)?.metadata.uid === owner.uid,
    );
  }

  private dependents(uid: string): readonly Dependent[] {
    return this.kinds.flatMap((kind) =>
      this.client
        .view(kind)
        .list({ where: isOwnedBy(uid) })
        .map((object) => ({ kind, object })),
    );
  }

  private dependentsOfKind(uid: string): readonly ObjectKey[] {
    return this.client
      .view(this.kind)
      .list({ where: isOwnedBy(uid) })
      .map(keyOf);
  }

  private ownersOfKind(object: AnyObject): readonly ObjectKey[] {
    const { namespace } = keyOf(object);
    return (object.metadata.ownerReferences ?? [])
      .filter((owner) => owner.kind === this.kind)
      .map(({ name }) => ({ namespace, name }));
  }
}

const isOwnedBy =
  (uid: string) =>
  (object: AnyObject): boolean =>
    object.metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;

function without<T extends AnyObject>(object: T, ownerUid: string): T {
  const ownerReferences = object.metadata.ownerReferences?.filter((each) => each.uid !== ownerUid) ?? [];
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

function withoutFinalizer<T extends AnyObject>(object: T, finalizer: string): T {
  const finalizers = object.metadata.finalizers?.filter((each) => each !== finalizer) ?? [];
  return { ...object, metadata: { ...object.metadata, finalizers } };
}
