import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '../../../shared/api/objects';
import { messageOf } from '../../../shared/message-of';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound, isAlreadyExists } from '../../../shared/status-error';
import type { EventText } from '../../events/event-recorder';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { controllerRef } from '../workloads/ownership';
import { claimsOf, podName } from './stateful-pods';

interface Policy {
  readonly isDeletedWithSet: boolean;
  readonly isDeletedWhenScaled: boolean;
}

const policyOf = ({ spec }: StatefulSet): Policy => ({
  isDeletedWithSet: spec?.persistentVolumeClaimRetentionPolicy?.whenDeleted === 'Delete',
  isDeletedWhenScaled: spec?.persistentVolumeClaimRetentionPolicy?.whenScaled === 'Delete',
});

/**
 * Makes the claims that the pod of an ordinal needs and does not have; `tell` is told of each. Throws what the API refuses
 * with.
 */
export async function makeClaims(
  client: Client,
  set: StatefulSet,
  ordinal: number,
  tell: (text: EventText) => void,
): Promise<void> {
  const ownerReferences = policyOf(set).isDeletedWithSet ? [controllerRef(set)] : [];
  const standing = new Set(standingClaims(client, set, ordinal).map(({ metadata }) => metadata.name));
  for (const claim of claimsOf(set, ordinal)) {
    const name = claim.metadata?.name ?? '';
    if (standing.has(name)) continue;
    const pod = podName(set, ordinal);
    try {
      await client.create('PersistentVolumeClaim', { ...claim, metadata: { ...claim.metadata, ownerReferences } });
      const message = `create Claim ${name} Pod ${pod} in StatefulSet ${set.metadata.name} success`;
      tell({ type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      if (isAlreadyExists(error)) continue;
      const message = `create Claim ${name} for Pod ${pod} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`;
      tell({ type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }
}

/**
 * The owners that a claim should have, whose end is its own as the set's persistentVolumeClaimRetentionPolicy says: the set,
 * or the pod that goes because there are to be fewer. A claim that somebody else controls is left alone.
 */
export function ownersOf(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  pod: Pod,
  isSurplus: boolean,
): OwnerReference[] {
  const standing = claim.metadata.ownerReferences ?? [];
  const others = standing.filter((each) => !isRefTo(each, set) && !isRefTo(each, pod));
  if (others.some(({ controller }) => controller === true)) return standing;
  const { isDeletedWithSet, isDeletedWhenScaled } = policyOf(set);
  if (isSurplus && isDeletedWhenScaled) return [...others, controllerRef(pod)];
  return isDeletedWithSet ? [...others, controllerRef(set)] : others;
}

/** The same name and kind: one with another uid is of a set or pod that was there before. */
const isRefTo = ({ kind, name }: OwnerReference, object: StatefulSet | Pod): boolean =>
  kind === object.kind && name === object.metadata.name;

/** Gives the claims of a pod the owners they should have, before the pod goes. */
export async function retainClaims(
  client: Client,
  set: StatefulSet,
  ordinal: number,
  pod: Pod,
  isSurplus: boolean,
): Promise<void> {
  for (const claim of standingClaims(client, set, ordinal)) {
    if (isSameJson(claim.metadata.ownerReferences ?? [], ownersOf(claim, set, pod, isSurplus))) continue;
    await client
      .modify('PersistentVolumeClaim', keyOf(claim), (current) => ({
        ...current,
        metadata: { ...current.metadata, ownerReferences: ownersOf(current, set, pod, isSurplus) },
      }))
      .catch(ignoreNotFound);
  }
}

/** Whether a claim of the ordinal is going, or goes with a pod that was there before: a new pod must not take it. */
export const hasGoingClaim = (client: Client, set: StatefulSet, ordinal: number): boolean =>
  standingClaims(client, set, ordinal).some(
    ({ metadata }) =>
      metadata.deletionTimestamp !== undefined ||
      metadata.ownerReferences?.some(({ kind, name }) => kind === 'Pod' && name === podName(set, ordinal)) === true,
  );

const standingClaims = (client: Client, set: StatefulSet, ordinal: number): readonly PersistentVolumeClaim[] =>
  claimsOf(set, ordinal).flatMap(({ metadata }) => {
    const key = { namespace: set.metadata.namespace, name: metadata?.name ?? '' };
    return client.view('PersistentVolumeClaim').get(key) ?? [];
  });
