import type { PersistentVolumeClaimSpec } from 'kubernetes-types/core/v1';

/** Of a claim, and of the claim templates of a StatefulSet. In place. */
export function setClaimDefaults(claim: { spec?: PersistentVolumeClaimSpec; status?: unknown }): void {
  const spec = (claim.spec ??= {});
  spec.volumeMode ??= 'Filesystem';
  claim.status ??= { phase: 'Pending' };
}
