import type { Kind } from '../kinds/kind';
import type { ObjectKey } from './client';

/** Everything the registry stores lies below this prefix. */
export const ROOT = '/registry/';

/** Claims lie beside the objects, where no watch of objects sees them. */
export const claimKeyOf = (claim: string): string => `/claims/${claim}`;

/** What of a kind says where its objects are. */
type Stored = Pick<Kind, 'group' | 'plural' | 'conversion'>;

export function resourceOf(kind: Stored): string {
  const group = kind.conversion?.storedGroup ?? kind.group;
  return group === '' ? kind.plural : `${kind.plural}.${group}`;
}

/** Prefix of the objects of a resource (`pods`, `leases.coordination.k8s.io`). */
export const resourcePrefix = (resource: string): string => `${ROOT}${resource}/`;

/** Prefix of a kind's objects, of one namespace where one is given. */
export const prefixOf = (kind: Stored, namespace?: string): string =>
  `${resourcePrefix(resourceOf(kind))}${namespace === undefined ? '' : `${namespace}/`}`;

export const storeKeyOf = (kind: Stored & Pick<Kind, 'namespaced'>, key: ObjectKey): string =>
  `${prefixOf(kind, kind.namespaced ? key.namespace : undefined)}${key.name}`;

/** The resource (`pods`, `leases.coordination.k8s.io`) a store key belongs to. */
export const resourceOfKey = (storeKey: string): string =>
  storeKey.slice(ROOT.length, storeKey.indexOf('/', ROOT.length));
