import type { ApiObject, KindName, KindTypes, StoredObject } from '../../shared/api/objects';
import type { User } from '../auth/user';
import type { Kind } from '../kinds/kind';

/** Reading other objects while deciding: from the registry's cache. */
export interface Lookup {
  get<K extends KindName>(
    kind: K,
    key: { readonly namespace?: string; readonly name: string },
  ): KindTypes[K] | undefined;
  list<K extends KindName>(kind: K): readonly KindTypes[K][];
}

export interface AdmissionRequest {
  readonly kind: Kind;
  readonly user: User;
  readonly lookup: Lookup;
}

/** One rule about requests, between decoding and validation. Adding a plugin is one file and one line in `plugins.ts`. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Fills the new object in place, or refuses it with a StatusError. Runs after the kind's defaults. */
  readonly admitCreate?: (request: AdmissionRequest, object: ApiObject) => void;
  /** The same for the object that is to replace `old`. */
  readonly admitUpdate?: (request: AdmissionRequest, object: ApiObject, old: StoredObject) => void;
  /** Refuses a deletion with a StatusError. */
  readonly admitDelete?: (request: AdmissionRequest, object: StoredObject) => void;
}

/** How a refusal names a new object, which may have no name yet. */
export const shownName = ({ metadata = {} }: ApiObject): string => metadata.name ?? metadata.generateName ?? '';
