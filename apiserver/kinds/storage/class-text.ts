import type { StoredObject } from '../../../shared/api/objects';

/** Which said the class of volumes and claims before their specs had a field for it, and still goes before that. */
const FORMER = 'volume.beta.kubernetes.io/storage-class';

/** The name of the storage class of a volume or a claim; empty where it has none. */
export const classText = ({ metadata, spec }: StoredObject): string =>
  metadata.annotations?.[FORMER] ??
  (spec as { readonly storageClassName?: string } | undefined)?.storageClassName ??
  '';
