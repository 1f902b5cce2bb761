import type { Kind } from './kind';
import { configMap } from './config-map';
import { endpoints } from './endpoints';
import { event } from './event';
import { lease } from './lease';
import { namespace } from './namespace';
import { node } from './node';
import { pod } from './pod/pod';
import { priorityClass } from './priority-class';
import { secret } from './secret';
import { service } from './service';
import { serviceAccount } from './service-account';

/** Every kind that there is. */
export const KINDS: readonly Kind[] = [
  configMap,
  endpoints,
  event,
  lease,
  namespace,
  node,
  pod,
  priorityClass,
  secret,
  service,
  serviceAccount,
];

/** Finds kinds by how requests and our own code name them. */
export interface KindList {
  readonly all: readonly Kind[];
  byResource(group: string, version: string, plural: string): Kind | undefined;
  /** By kind name alone: names are unique among the kinds that our own code uses. Throws for an unknown one. */
  require(kind: string): Kind;
}

export function createKindList(kinds: readonly Kind[] = KINDS): KindList {
  const byResource = new Map(kinds.map((kind) => [`${kind.group}/${kind.version}/${kind.plural}`, kind]));
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]));
  return {
    all: kinds,
    byResource: (group, version, plural) => byResource.get(`${group}/${version}/${plural}`),
    require(name) {
      const found = byName.get(name);
      if (found === undefined) throw new Error(`there is no kind ${name}`);
      return found;
    },
  };
}
