import type { KindName, KindTypes, OwnerReference } from '../../shared/api/objects';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import type { EventRecorder } from '../events/event-recorder';
import type { Client, ObjectKey, View } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { anyChange, done, watching } from './controller';
import type { AnyObject } from './owner-references';
import {
  FOREGROUND,
  isDeletingDependents,
  ORPHAN,
  ownerOf,
  unblocking,
  without,
  withoutFinalizer,
} from './owner-references';
import type { WaitingOwners } from './waiting-owners';

const SOURCE = { component: 'garbage-collector-controller' };

const NONE: readonly ObjectKey[] = [];

/** What nobody owns and nobody deletes. */
const isOfNoInterest = ({ metadata }: AnyObject): boolean =>
  metadata.ownerReferences === undefined && metadata.deletionTimestamp === undefined;

interface Dependent {
  readonly kind: KindName;
  readonly object: AnyObject;
}

/** What the owner references of an object come to, as Kubernetes' garbage collector sorts them. */
interface Owners {
  /** Owners that stay. */
  readonly solid: readonly OwnerReference[];
  /** Owners that are no more. */
  readonly dangling: readonly OwnerReference[];
  /** Owners in foreground deletion, which this object holds up. */
  readonly waiting: readonly OwnerReference[];
}

/**
 * Deletes what has lost its last owner, and carries out foreground and orphaning deletions of owners. One instance per
 * kind that may own or be owned: it is keyed by the object, and finds dependents of all kinds by owner uid.
 */
export class GarbageCollector implements Controller {
  readonly name: string;
  readonly watches;
  private readonly view: View<KindTypes[KindName]>;

  private readonly client: Client;

  constructor(
    private readonly deps: { readonly client: Client; readonly events: EventRecorder },
    private readonly kind: KindName,
    waiting: WaitingOwners,
  ) {
    const { client } = deps;
    this.client = client;
    // Kept, as the kind may go while its last changes are still looked at.
    this.view = client.view(kind);
    this.name = `garbage-collector-${kind.toLowerCase()}`;
    this.watches = [
      watching(kind, ({ type, object }) => (type === 'DELETED' || isOfNoInterest(object) ? NONE : [keyOf(object)])),
      // An owner's end, or its wait for its dependents, concerns its dependents of this kind; any change of a dependent
      // may be what an owner of this kind waits for. Every collector sees every change: most find nothing in it.
      anyChange((change) => {
        const concerned = change.type === 'DELETED' || isDeletingDependents(change.object);
        const owners = waiting.of(change);
        if (!concerned && owners.length === 0) return NONE;
        return [
          ...(concerned ? this.view.list({ ownedBy: change.object.metadata.uid }).map(keyOf) : []),
          ...owners.flatMap((owner) => (owner.kind === kind ? owner.key : [])),
        ];
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const object = this.view.get(key);
    if (object === undefined) return done;
    if (object.metadata.deletionTimestamp !== undefined) {
      const finalizers = object.metadata.finalizers ?? [];
      if (finalizers.includes(ORPHAN)) await this.orphanDependents(object);
      else if (finalizers.includes(FOREGROUND)) await this.awaitDependents(object);
      return done;
    }
    const { solid, dangling, waiting } = this.sort(object);
    const gone = [...dangling, ...waiting];
    if (gone.length === 0) return done;
    if (solid.length > 0) {
      await this.change(this.kind, object, (current) =>
        without(
          current,
          gone.map(({ uid }) => uid),
        ),
      );
    } else if (waiting.length > 0) await this.deleteForWaitingOwner(object);
    else await this.remove(object, policyOf(object));
    return done;
  }

  /** Foreground, where the object has dependents of its own: then the owner waits for those as well. */
  private async deleteForWaitingOwner(object: AnyObject): Promise<void> {
    const dependents = this.dependents(object.metadata.uid);
    // Owners in a circle would wait for each other for ever: one gives way.
    if (dependents.some((each) => isDeletingDependents(each.object))) {
      await this.change(this.kind, object, unblocking);
    }
    await this.remove(object, dependents.length > 0 ? 'Foreground' : policyOf(object));
  }

  private async orphanDependents(owner: AnyObject): Promise<void> {
    for (const { kind, object } of this.dependents(owner.metadata.uid)) {
      await this.change(kind, object, (current) => without(current, [owner.metadata.uid]));
    }
    await this.change(this.kind, owner, (current) => withoutFinalizer(current, ORPHAN));
  }

  /** Dependents delete themselves on seeing their owner wait; it goes when none is left that blocks it. */
  private async awaitDependents(owner: AnyObject): Promise<void> {
    const isBlocked = this.dependents(owner.metadata.uid).some(({ object }) =>
      object.metadata.ownerReferences?.some(
        (each) => each.uid === owner.metadata.uid && each.blockOwnerDeletion === true,
      ),
    );
    if (!isBlocked) await this.change(this.kind, owner, (current) => withoutFinalizer(current, FOREGROUND));
  }

  private async change<T extends AnyObject>(
    kind: KindName,
    object: T,
    change: (current: AnyObject) => AnyObject,
  ): Promise<void> {
    await this.client
      .modify(kind, keyOf(object), change as (current: KindTypes[KindName]) => KindTypes[KindName], {
        uid: object.metadata.uid,
      })
      .catch(ignoreNotFound);
  }

  private async remove(object: AnyObject, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): Promise<void> {
    const { uid } = object.metadata;
    await this.client
      .delete(this.kind, keyOf(object), { propagationPolicy, preconditions: { uid } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
  }

  private sort(object: AnyObject): Owners {
    const owners = { solid: [] as OwnerReference[], dangling: [] as OwnerReference[], waiting: [] as OwnerReference[] };
    for (const reference of object.metadata.ownerReferences ?? [])
      owners[this.stateOf(reference, object)].push(reference);
    return owners;
  }

  /** An owner of a kind we do not know counts as there: deleting on a guess would lose data. */
  private stateOf(reference: OwnerReference, dependent: AnyObject): keyof Owners {
    const kind = this.client.kinds.nameOf(reference.apiVersion, reference.kind);
    if (kind === undefined) return 'solid';
    const owner = ownerOf(this.client.view(kind), reference, dependent);
    if (owner !== undefined) {
      return reference.blockOwnerDeletion === true && isDeletingDependents(owner) ? 'waiting' : 'solid';
    }
    // What is of no namespace can say of no namespace's object which it means.
    const isUnresolvable =
      keyOf(dependent).namespace === undefined && this.client.kinds.names({ namespaced: true }).includes(kind);
    if (isUnresolvable || this.client.view(kind).hasUid(reference.uid)) this.warnOf(reference, dependent);
    return isUnresolvable ? 'solid' : 'dangling';
  }

  private warnOf({ apiVersion, kind, name, uid }: OwnerReference, dependent: AnyObject): void {
    const { namespace = '' } = keyOf(dependent);
    const owner = `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
    const message = `ownerRef ${owner} does not exist in namespace ${JSON.stringify(namespace)}`;
    this.deps.events.record(dependent, { type: 'Warning', reason: 'OwnerRefInvalidNamespace', message }, SOURCE);
  }

  private dependents(uid: string): readonly Dependent[] {
    return this.client.kinds.names().flatMap((kind) =>
      this.client
        .view(kind)
        .list({ ownedBy: uid })
        .map((object) => ({ kind, object })),
    );
  }
}

/** How an object wishes to leave: its finalizers may say so from its birth. */
function policyOf({ metadata: { finalizers = [] } }: AnyObject): 'Background' | 'Foreground' | 'Orphan' {
  if (finalizers.includes(ORPHAN)) return 'Orphan';
  return finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background';
}
