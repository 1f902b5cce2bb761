import { defineKind } from '../kinds/define-kind';
import { createKindList } from '../kinds/kinds';
import { aggregatedDiscovery, apiGroup, apiGroupList } from './discovery';
import { compareVersions } from './discovery-order';

const custom = (group: string, version: string) =>
  defineKind({ group, version, kind: 'Foo', plural: 'foos', schema: 'none' });

function kindsWith(...added: readonly (readonly [string, readonly string[]])[]) {
  const kinds = createKindList();
  for (const [group, versions] of added)
    kinds.setCustom(
      `foos.${group}`,
      versions.map((version) => custom(group, version)),
    );
  return kinds.all;
}

it('names the groups by priority: the built-in ones, those of custom resources, then the metrics', () => {
  const kinds = kindsWith(['z.example.com', ['v1']], ['a.example.com', ['v1']]);
  const { groups } = apiGroupList(kinds) as { groups: { name: string }[] };
  const names = groups.map(({ name }) => name);
  expect(names.slice(0, 3)).toEqual(['apiregistration.k8s.io', 'apps', 'events.k8s.io']);
  expect(names.slice(-4)).toEqual(['flowcontrol.apiserver.k8s.io', 'a.example.com', 'z.example.com', 'metrics.k8s.io']);
  const { items } = aggregatedDiscovery(kinds, false, 'v2') as { items: { metadata: { name: string } }[] };
  expect(items.map(({ metadata }) => metadata.name)).toEqual(names);
});

it('prefers the most stable version, and of those the newest', () => {
  const kinds = kindsWith(['example.com', ['v1beta1', 'foo10', 'v1', 'v10', 'v2', 'v11alpha2', 'v2beta3']]);
  expect(apiGroup(kinds, 'example.com')).toMatchObject({
    preferredVersion: { version: 'v10' },
    versions: ['v10', 'v2', 'v1', 'v2beta3', 'v1beta1', 'v11alpha2', 'foo10'].map((version) => ({ version })),
  });
  expect(['foo2', 'foo10'].sort(compareVersions)).toEqual(['foo10', 'foo2']);
});
