import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../../shared/api/objects';
import { compareQuantities, parseQuantity } from '../../../shared/quantity';
import { matchesLabels, selectorOf } from '../../../shared/selectors/label-selector';
import { classNameOf } from '../../kinds/storage/claim-binding';
import { matchesTerm } from '../../scheduler/core/node-constraints/node-terms';

export const requestOf = ({ spec }: PersistentVolumeClaim): string => spec?.resources?.requests?.['storage'] ?? '0';
export const capacityOf = ({ spec }: PersistentVolume): string => spec?.capacity?.['storage'] ?? '0';
const isAtLeast = (a: string, b: string): boolean => compareQuantities(parseQuantity(a), parseQuantity(b)) >= 0;

/** True where the volume is kept for this claim: it names it, and its uid where it names one. */
export function isMeantFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const ref = spec?.claimRef;
  return (
    ref?.namespace === metadata.namespace &&
    ref.name === metadata.name &&
    (ref.uid === undefined || ref.uid === '' || ref.uid === metadata.uid)
  );
}

/** True where a pod on the node can reach the volume. */
export const isReachable = ({ spec }: PersistentVolume, node: Pick<Node, 'metadata'>): boolean =>
  spec?.nodeAffinity?.required === undefined ||
  spec.nodeAffinity.required.nodeSelectorTerms.some((term) =>
    matchesTerm({ name: node.metadata.name, labels: node.metadata.labels ?? {} }, term),
  );

/** Why a claim cannot have the volume that it names (checkVolumeSatisfyClaim); undefined: it can. */
export function mismatchOf(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (!isAtLeast(capacityOf(volume), requestOf(claim))) return 'requested PV is too small';
  if (classNameOf(volume) !== classNameOf(claim)) return 'storageClassName does not match';
  if ((volume.spec?.volumeMode ?? 'Filesystem') !== (claim.spec?.volumeMode ?? 'Filesystem'))
    return 'incompatible volumeMode';
  const modes = volume.spec?.accessModes ?? [];
  return claim.spec?.accessModes?.every((mode) => modes.includes(mode)) === false
    ? 'incompatible accessMode'
    : undefined;
}

/**
 * The volumes that suit a claim, the best first: those kept for it, else those that are free and large enough, the
 * smallest first (k8s.io/component-helpers/storage/volume: FindMatchingVolume).
 */
export function findVolumes(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
): readonly PersistentVolume[] {
  const { accessModes = [], selector, volumeMode = 'Filesystem' } = claim.spec ?? {};
  const labels = selectorOf(selector) ?? [];
  const fitting = volumes.filter(
    (volume) =>
      volume.metadata.deletionTimestamp === undefined &&
      // Most are somebody else's, which is soon seen.
      (volume.spec?.claimRef === undefined || isMeantFor(volume, claim)) &&
      (volume.spec?.volumeMode ?? 'Filesystem') === volumeMode &&
      isAtLeast(capacityOf(volume), requestOf(claim)),
  );
  const kept = fitting.filter((volume) => isMeantFor(volume, claim));
  if (kept.length > 0) return kept;
  return fitting
    .filter(
      (volume) =>
        volume.spec?.claimRef === undefined &&
        volume.status?.phase === 'Available' &&
        classNameOf(volume) === classNameOf(claim) &&
        accessModes.every((mode) => volume.spec?.accessModes?.includes(mode)) &&
        matchesLabels(labels, volume.metadata.labels),
    )
    .sort((a, b) => compareQuantities(parseQuantity(capacityOf(a)), parseQuantity(capacityOf(b))));
}
