import type { Kind } from '../kinds/kind';
import type { ObjectKey } from './client';

/** Everything the registry stores lies below this prefix. */
export const ROOT = '/registry/';

/** Claims lie beside the objects, where no watch of objects sees them. */
export const claimKeyOf = (claim: string): string => `/claims/${claim}`;

export const resourceOf = (kind: Pick<Kind, 'group' | 'plural'>): string =>
  kind.group === '' ? kind.plural : `${kind.plural}.${kind.group}`;

/** Prefix of a kind's objects, of one namespace where one is given. */
export const prefixOf = (kind: Pick<Kind, 'group' | 'plural'>, namespace?: string): string =>
  `${ROOT}${resourceOf(kind)}/${namespace === undefined ? '' : `${namespace}/`}`;

export const storeKeyOf = (kind: Pick<Kind, 'group' | 'plural' | 'namespaced'>, key: ObjectKey): string =>
  `${prefixOf(kind, kind.namespaced ? key.namespace : undefined)}${key.name}`;

/** The resource (`pods`, `leases.coordination.k8s.io`) a store key belongs to. */
export const resourceOfKey = (storeKey: string): string =>
  storeKey.slice(ROOT.length, storeKey.indexOf('/', ROOT.length));
