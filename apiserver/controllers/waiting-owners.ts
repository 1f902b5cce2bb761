import type { KindName } from '../../shared/api/objects';
import type { Client, ObjectChange, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { AnyObject } from './owner-references';
import { ownerOf } from './owner-references';

interface WaitingOwner {
  readonly kind: KindName;
  readonly key: ObjectKey;
}

const NONE: readonly WaitingOwner[] = [];

/**
 * The owners that are being deleted of an object that changed, before the change and after it. There is a collector for
 * each kind, and each sees every change: what one of them finds out serves the others too.
 */
export class WaitingOwners {
  private last: { readonly change: ObjectChange<AnyObject>; readonly owners: readonly WaitingOwner[] } | undefined;

  constructor(private readonly client: Client) {}

  of(change: ObjectChange<AnyObject>): readonly WaitingOwner[] {
    const { object, previous } = change;
    // Most objects have no owners.
    if (object.metadata.ownerReferences === undefined && previous?.metadata.ownerReferences === undefined) return NONE;
    if (this.last?.change.object !== object || this.last.change.previous !== previous) {
      this.last = {
        change,
        owners: [object, ...(previous === undefined ? [] : [previous])].flatMap((each) => this.find(each)),
      };
    }
    return this.last.owners;
  }

  private find(dependent: AnyObject): readonly WaitingOwner[] {
    return (dependent.metadata.ownerReferences ?? []).flatMap((reference) => {
      const kind = this.client.kinds.nameOf(reference.apiVersion, reference.kind);
      const owner = kind === undefined ? undefined : ownerOf(this.client.view(kind), reference, dependent);
      if (kind === undefined || owner?.metadata.deletionTimestamp === undefined) return [];
      return [{ kind, key: keyOf(owner) }];
    });
  }
}
