import type { ApiObject, KindName, KindTypes, StoredObject } from '../../shared/api/objects';
import type { User } from '../auth/user';
import type { Kind, WritableSubresource } from '../kinds/kind';

/** Reading other objects while deciding: from the registry's cache. */
export interface Lookup {
  get<K extends KindName>(
    kind: K,
    key: { readonly namespace?: string; readonly name: string },
  ): KindTypes[K] | undefined;
  /** Of one namespace where one is given, without looking at the others. */
  list<K extends KindName>(kind: K, namespace?: string): readonly KindTypes[K][];
}

export interface AdmissionRequest {
  readonly kind: Kind;
  readonly user: User;
  readonly lookup: Lookup;
  /** The door that an update comes through; absent: that of the object itself. */
  readonly subresource?: WritableSubresource;
  /** Nothing is going to be written. */
  readonly dryRun: boolean;
  /** Says something to the client that is no refusal: a `Warning` header. */
  readonly warn: (text: string) => void;
  /** Notes something in the request's entry of the audit log. */
  readonly annotate: (key: string, text: string) => void;
}

/**
 * One rule about requests. Every plugin fills first (`admit`), then the object is validated, then every plugin checks it,
 * and last those reserve that count what is shared. Adding a plugin is one file and one line in `plugins.ts`, or in
 * `create-registry.ts` where it needs something.
 */
export interface AdmissionPlugin {
  readonly name: string;
  /** Fills the new object in place, or refuses it with a StatusError. Runs after the kind's defaults. */
  readonly admitCreate?: (request: AdmissionRequest, object: ApiObject) => void;
  /** The same for the object that is to replace `old`. */
  readonly admitUpdate?: (request: AdmissionRequest, object: ApiObject, old: StoredObject) => void;
  /** Refuses the new object, complete and valid as it would be stored, with a StatusError. Changes nothing. */
  readonly checkCreate?: (request: AdmissionRequest, object: StoredObject) => void;
  /** The same for the object that is to replace `old`. */
  readonly checkUpdate?: (request: AdmissionRequest, object: StoredObject, old: StoredObject) => void;
  /**
   * Takes what the object needs of something that is shared, or refuses: the last word before the write. What it returns
   * is called once when the write is over, or was not made: from then on the stored objects tell what is taken.
   */
  readonly reserve?: (
    request: AdmissionRequest,
    object: StoredObject,
    old: StoredObject | undefined,
  ) => (() => void) | undefined;
  /** Refuses a deletion with a StatusError. */
  readonly admitDelete?: (request: AdmissionRequest, object: StoredObject) => void;
}

/** How a refusal names a new object, which may have no name yet. */
export const shownName = ({ metadata = {} }: ApiObject): string => metadata.name ?? metadata.generateName ?? '';

/** How a check names an object that is named by now: by what it was named from, so that the refusal reads the same each time. */
export const refusedName = ({ metadata }: StoredObject): string =>
  (metadata.generateName ?? '') === '' ? metadata.name : (metadata.generateName ?? '');
