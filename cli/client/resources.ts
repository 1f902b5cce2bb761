import type { ApiClient } from './api-client';

/** A kind of objects that the server serves. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
}

interface ResourceList {
  readonly groupVersion: string;
  readonly resources: readonly {
    readonly name: string;
    readonly singularName: string;
    readonly kind: string;
    readonly namespaced: boolean;
    readonly verbs: readonly string[];
    readonly shortNames?: readonly string[];
    readonly categories?: readonly string[];
  }[];
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group === '' ? version : `${group}/${version}`;

/** `pods`, or `leases.coordination.k8s.io`: as kubectl names a resource in messages. */
export const qualifiedName = ({ plural, group }: Resource): string => (group === '' ? plural : `${plural}.${group}`);

/** `pod`, or `lease.coordination.k8s.io`: as kubectl names an object's type in results. */
export const resultName = ({ singular, group }: Pick<Resource, 'singular' | 'group'>): string =>
  group === '' ? singular : `${singular}.${group}`;

/** The path of a resource, or of one of its objects, or of a subresource of that. */
export function pathOf(resource: Resource, namespace: string | undefined, name?: string, subresource?: string): string {
  const parts = [
    ...(resource.group === '' ? ['api', resource.version] : ['apis', resource.group, resource.version]),
    ...(resource.namespaced && namespace !== undefined ? ['namespaces', namespace] : []),
    resource.plural,
    ...(name === undefined ? [] : [name]),
    ...(subresource === undefined ? [] : [subresource]),
  ];
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

/** What the server offers, asked once. */
export class Resources {
  /** Of each type the version that the server prefers. */
  readonly all: readonly Resource[];

  constructor(private readonly versions: readonly Resource[]) {
    const seen = new Set<string>();
    this.all = versions.filter(({ group, plural }) => {
      const isFirst = !seen.has(`${group}/${plural}`);
      seen.add(`${group}/${plural}`);
      return isFirst;
    });
  }

  static async load(client: ApiClient): Promise<Resources> {
    return new Resources((await aggregated(client)) ?? (await groupByGroup(client)));
  }

  /** By plural, singular, short name or kind, with or without its group. Throws UsageError that names the nearest. */
  find(name: string): Resource {
    const wanted = name.toLowerCase();
    const [plain = wanted, ...rest] = wanted.split('.');
    const place = rest.join('.');
    const isHere = ({ group, version }: Resource): boolean =>
      place === '' || group.startsWith(place) || `${version}.${group}` === place || (group === '' && version === place);
    const isCalled = ({ plural, singular, kind, shortNames }: Resource): boolean =>
      plural === plain || singular === plain || kind.toLowerCase() === plain || shortNames.includes(plain);
    const found = this.versions.find((each) => isCalled(each) && isHere(each));
    if (found !== undefined) return found;
    const near = nearest(
      plain,
      this.all.flatMap(({ plural, singular }) => [plural, singular]),
    );
    throw new UsageError(
      `the server doesn't have a resource type "${name}"${near === undefined ? '' : `: did you mean "${near}"?`}`,
    );
  }

  byKind(apiVersion: string, kind: string): Resource | undefined {
    return this.versions.find((each) => each.kind === kind && apiVersionOf(each) === apiVersion);
  }

  ofCategory(category: string): readonly Resource[] {
    return this.all.filter(({ categories }) => categories.includes(category));
  }
}

interface AggregatedDiscovery {
  readonly kind: string;
  readonly items?: readonly {
    readonly metadata?: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly singularResource: string;
        readonly responseKind?: { readonly kind: string };
        readonly scope: string;
        readonly verbs: readonly string[];
        readonly shortNames?: readonly string[];
        readonly categories?: readonly string[];
      }[];
    }[];
  }[];
}

const AGGREGATED =
  'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json';

/** Everything in two requests; undefined where the server is too old for it. */
async function aggregated(client: ApiClient): Promise<readonly Resource[] | undefined> {
  const answers = await Promise.all(
    ['/api', '/apis'].map((path) => client.json<AggregatedDiscovery>({ path, accept: AGGREGATED })),
  );
  if (answers.some(({ value }) => value.kind !== 'APIGroupDiscoveryList')) return undefined;
  return answers.flatMap(({ value }) =>
    (value.items ?? []).flatMap(({ metadata, versions }) =>
      versions.flatMap(({ version, resources = [] }) =>
        resources.map((each): Resource => ({
          group: metadata?.name ?? '',
          version,
          plural: each.resource,
          singular:
            each.singularResource === '' ? (each.responseKind?.kind ?? '').toLowerCase() : each.singularResource,
          kind: each.responseKind?.kind ?? '',
          namespaced: each.scope === 'Namespaced',
          shortNames: each.shortNames ?? [],
          categories: each.categories ?? [],
          verbs: each.verbs,
        })),
      ),
    ),
  );
}

async function groupByGroup(client: ApiClient): Promise<readonly Resource[]> {
  const { value } = await client.json<{
    groups: { preferredVersion: { groupVersion: string }; versions: { groupVersion: string }[] }[];
  }>({ path: '/apis' });
  const groupVersions = value.groups.flatMap(({ preferredVersion, versions }) => [
    preferredVersion.groupVersion,
    ...versions.map(({ groupVersion }) => groupVersion).filter((each) => each !== preferredVersion.groupVersion),
  ]);
  const lists = await Promise.all(
    ['v1', ...groupVersions].map((version) =>
      client.json<ResourceList>({ path: version === 'v1' ? '/api/v1' : `/apis/${version}` }),
    ),
  );
  return lists.flatMap(({ value: list }) => toResources(list));
}

function toResources({ groupVersion, resources }: ResourceList): readonly Resource[] {
  const [group = '', version = group] = groupVersion.includes('/') ? groupVersion.split('/') : ['', groupVersion];
  return resources
    .filter(({ name }) => !name.includes('/'))
    .map((each) => ({
      group,
      version,
      plural: each.name,
      singular: each.singularName === '' ? each.kind.toLowerCase() : each.singularName,
      kind: each.kind,
      namespaced: each.namespaced,
      shortNames: each.shortNames ?? [],
      categories: each.categories ?? [],
      verbs: each.verbs,
    }));
}

/** The candidate that takes the fewest edits, if it takes few. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const ranked = candidates
    .map((each) => ({ each, edits: editsBetween(word, each) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  return best !== undefined && best.edits <= Math.max(1, Math.floor(word.length / 3)) ? best.each : undefined;
}

/** Edits of one letter, where two that changed places count as one (optimal string alignment). */
function editsBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
