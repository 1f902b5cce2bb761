import type { ApiObject, StoredObject } from '../shared/api/objects';

export interface ObjectList {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items: readonly StoredObject[];
}

export type { ApiObject, StoredObject };
