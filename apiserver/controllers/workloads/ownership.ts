import type { KindName, KindTypes, LabelSelector, OwnerReference } from '../../../shared/api/objects';
import { matchesLabels, selectorOf } from '../../../shared/selectors/label-selector';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';

/** A workload: what owns pods or ReplicaSets by a selector. */
export interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly deletionTimestamp?: string | undefined;
  };
}

export const controllerRef = ({ apiVersion, kind, metadata }: Owner): OwnerReference => ({
  apiVersion,
  kind,
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
});

export const controllerOf = (object: {
  readonly metadata: { readonly ownerReferences?: readonly OwnerReference[] | undefined };
}): OwnerReference | undefined => object.metadata.ownerReferences?.find(({ controller }) => controller === true);

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined };
}

/** What a workload's selector says of objects: an absent or an empty one selects nothing. */
export function selection(selector: LabelSelector | undefined): (object: Labelled) => boolean {
  const matcher = selectorOf(selector);
  if (matcher === undefined || matcher.length === 0) return () => false;
  return ({ metadata }) => matchesLabels(matcher, metadata.labels);
}

export const selects = (selector: LabelSelector | undefined, object: Labelled): boolean => selection(selector)(object);

type Claimable = 'Pod' | 'ReplicaSet';

export interface ClaimOptions<K extends Claimable> {
  /** Which of the matching objects the owner takes; all by default. */
  readonly mayAdopt?: (object: KindTypes[K]) => boolean;
  /** What objects bear for as long as they are the owner's. */
  readonly finalizer?: string;
}

/**
 * What the owner controls: it takes matching objects that nobody controls, and lets go of those that match no more, as
 * Kubernetes' controllers do. An owner that is being deleted takes nothing new.
 */
export async function claim<K extends Claimable>(
  client: Client,
  kind: K,
  owner: Owner,
  selector: LabelSelector | undefined,
  { mayAdopt = () => true, finalizer }: ClaimOptions<K> = {},
): Promise<readonly KindTypes[K][]> {
  const { namespace, uid } = owner.metadata;
  const view = client.view(kind);
  const isSelected = selection(selector);
  const kept: KindTypes[K][] = [];
  const lost: KindTypes[K][] = [];
  for (const object of view.list({ namespace, ownedBy: uid })) {
    if (controllerOf(object)?.uid === uid) (isSelected(object) ? kept : lost).push(object);
  }
  for (const object of lost) {
    if (object.metadata.deletionTimestamp === undefined) await release(client, kind, object, { uid, finalizer });
  }
  if (owner.metadata.deletionTimestamp !== undefined) return kept;
  const orphans = view.list({
    namespace,
    controlled: false,
    where: (object) => object.metadata.deletionTimestamp === undefined && isSelected(object) && mayAdopt(object),
  });
  const adopted: KindTypes[K][] = [];
  for (const object of orphans) {
    const taken = await adopt(client, kind, object, owner, finalizer);
    if (taken !== undefined) adopted.push(taken);
  }
  return [...kept, ...adopted];
}

async function adopt<K extends Claimable>(
  client: Client,
  kind: K,
  object: KindTypes[K],
  owner: Owner,
  finalizer: string | undefined,
): Promise<KindTypes[K] | undefined> {
  let isTaken = false;
  const changed = await client
    .modify(
      kind,
      keyOf(object),
      (current) => {
        isTaken = controllerOf(current) === undefined && current.metadata.deletionTimestamp === undefined;
        if (!isTaken) return undefined;
        const ownerReferences = [...(current.metadata.ownerReferences ?? []), controllerRef(owner)];
        const finalizers = [
          ...new Set([...(current.metadata.finalizers ?? []), ...(finalizer === undefined ? [] : [finalizer])]),
        ];
        return {
          ...current,
          metadata: { ...current.metadata, ownerReferences, ...(finalizers.length === 0 ? {} : { finalizers }) },
        };
      },
      { uid: object.metadata.uid },
    )
    .catch(ignoreNotFound)
    .catch(ignoreConflict);
  return isTaken ? (changed ?? undefined) : undefined;
}

async function release(
  client: Client,
  kind: KindName,
  object: KindTypes[Claimable],
  { uid, finalizer }: { readonly uid: string; readonly finalizer: string | undefined },
): Promise<void> {
  await client
    .modify(
      kind,
      keyOf(object),
      (current) => ({
        ...current,
        metadata: {
          ...current.metadata,
          ownerReferences: (current.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid),
          finalizers: (current.metadata.finalizers ?? []).filter((name) => name !== finalizer),
        },
      }),
      { uid: object.metadata.uid },
    )
    .catch(ignoreNotFound)
    .catch(ignoreConflict);
}
