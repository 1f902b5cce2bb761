import type { KindName, KindTypes, OwnerReference } from '../../shared/api/objects';
import type { View } from '../registry/client';
import { keyOf } from '../registry/client';

export const FOREGROUND = 'foregroundDeletion';
export const ORPHAN = 'orphan';

export type AnyObject = KindTypes[KindName];

/** Whether an object is being deleted in the foreground: it waits until its dependents are gone. */
export const isDeletingDependents = ({ metadata }: AnyObject): boolean =>
  metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FOREGROUND) === true;

/** Who is meant by a reference to an owner of the view's kind: it stands in the dependent's namespace, or in none. */
export function ownerOf(
  view: View<AnyObject>,
  { name, uid }: OwnerReference,
  dependent: AnyObject,
): AnyObject | undefined {
  const { namespace } = keyOf(dependent);
  return [{ name, namespace }, { name }].map((key) => view.get(key)).find((owner) => owner?.metadata.uid === uid);
}

/** The object without its references to these owners. */
export function without<T extends AnyObject>(object: T, ownerUids: readonly string[]): T {
  const ownerReferences = object.metadata.ownerReferences?.filter((each) => !ownerUids.includes(each.uid)) ?? [];
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

/** The object holding up none of its owners. */
export function unblocking<T extends AnyObject>(object: T): T {
  const references = object.metadata.ownerReferences ?? [];
  const ownerReferences = references.map((each) => ({ ...each, blockOwnerDeletion: false }));
  return { ...object, metadata: { ...object.metadata, ownerReferences } };
}

export function withoutFinalizer<T extends AnyObject>(object: T, finalizer: string): T {
  const finalizers = object.metadata.finalizers?.filter((each) => each !== finalizer) ?? [];
  return { ...object, metadata: { ...object.metadata, finalizers } };
}
