import type { Kind } from '../kinds/kind';
import { compareGroups, compareVersions } from './discovery-order';

const groupVersion = ({ group, version }: Pick<Kind, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** The groups by priority, each with its versions, the preferred one first. */
const versionsByGroup = (kinds: readonly Kind[]): ReadonlyMap<string, readonly string[]> => {
  const groups = new Map<string, string[]>();
  for (const { group, version } of kinds) {
    const versions = groups.get(group) ?? [];
    if (!versions.includes(version)) versions.push(version);
    groups.set(group, versions);
  }
  return new Map(
    [...groups]
      .sort(([a], [b]) => compareGroups(a, b))
      .map(([group, versions]) => [group, versions.sort(compareVersions)]),
  );
};

/** `/api`: the legacy answer. */
export const apiVersions = (): unknown => ({
  kind: 'APIVersions',
  apiVersion: 'v1',
  versions: ['v1'],
  serverAddressByClientCIDRs: [],
});

export function apiGroup(kinds: readonly Kind[], name: string): unknown {
  const versions = (versionsByGroup(kinds).get(name) ?? []).map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { kind: 'APIGroup', apiVersion: 'v1', name, versions, preferredVersion: versions[0] };
}

/** `/apis`: the legacy answer. */
export const apiGroupList = (kinds: readonly Kind[]): unknown => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [...versionsByGroup(kinds).keys()].filter((name) => name !== '').map((name) => apiGroup(kinds, name)),
});

/** `/api/v1` and `/apis/G/V`; undefined where nothing of that version is served. */
export function apiResourceList(kinds: readonly Kind[], group: string, version: string): unknown {
  const served = kinds.filter((kind) => kind.group === group && kind.version === version);
  if (served.length === 0) return undefined;
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion({ group, version }),
    resources: served.flatMap((kind) => [
      {
        name: kind.plural,
        singularName: kind.singular,
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: [...kind.verbs].sort(),
        ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
        ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
      },
      ...kind.subresources.map((sub) => ({
        name: `${kind.plural}/${sub.name}`,
        singularName: '',
        namespaced: kind.namespaced,
        kind: sub.kind ?? kind.kind,
        verbs: [...sub.verbs].sort(),
        ...(sub.group === undefined ? {} : { group: sub.group }),
        ...(sub.version === undefined ? {} : { version: sub.version }),
      })),
    ]),
  };
}

/** Aggregated discovery (apidiscovery.k8s.io v2 and v2beta1) of the core group, or of all others. */
export function aggregatedDiscovery(kinds: readonly Kind[], core: boolean, version: string): unknown {
  const groups = [...versionsByGroup(kinds)].filter(([name]) => (name === '') === core);
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups.map(([name, versions]) => ({
      metadata: { name: name === '' ? null : name, creationTimestamp: null },
      versions: versions.map((each) => ({
        version: each,
        freshness: 'Current',
        resources: kinds.filter((kind) => kind.group === name && kind.version === each).map(discovered),
      })),
    })),
  };
}

const discovered = (kind: Kind): unknown => ({
  resource: kind.plural,
  responseKind: { group: kind.group, version: kind.version, kind: kind.kind },
  scope: kind.namespaced ? 'Namespaced' : 'Cluster',
  singularResource: kind.singular,
  verbs: [...kind.verbs].sort(),
  ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
  ...(kind.categories.length === 0 ? {} : { categories: kind.categories }),
  ...(kind.subresources.length === 0
    ? {}
    : {
        subresources: kind.subresources.map((sub) => ({
          subresource: sub.name,
          responseKind: {
            group: sub.group ?? kind.group,
            version: sub.version ?? kind.version,
            kind: sub.kind ?? kind.kind,
          },
          verbs: [...sub.verbs].sort(),
        })),
      }),
});
