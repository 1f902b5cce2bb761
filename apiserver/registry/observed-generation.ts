import type { StoredObject } from '../../shared/api/objects';

/** Of which spec a condition of a pod speaks, as part of that condition. */
export const observedGeneration = ({
  generation,
}: StoredObject['metadata']): { readonly observedGeneration?: number } =>
  generation === undefined ? {} : { observedGeneration: generation };
