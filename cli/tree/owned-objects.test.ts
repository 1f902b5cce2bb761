import type { StoredObject } from '../api-object';
import { branchesOf, treeOf } from './owned-objects';

const object = (kind: string, name: string, ...owners: string[]): StoredObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    name,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ownerReferences: owners.map((uid) => ({ apiVersion: 'v1', kind: 'X', name: uid, uid })),
  },
});

const shown = (root: StoredObject, all: readonly StoredObject[]): readonly string[] =>
  [...branchesOf(treeOf(root, all))].map(([lines, { kind, metadata }]) => `${lines}${kind}/${metadata.name}`);

it('shows what an object owns, and what that owns, in order', () => {
  const web = object('Deployment', 'web');
  const all = [
    object('Pod', 'web-b-1', 'web-b'),
    object('ReplicaSet', 'web-b', 'web'),
    object('Pod', 'web-a-2', 'web-a'),
    object('ReplicaSet', 'web-a', 'web'),
    object('Pod', 'web-a-1', 'web-a'),
    object('Pod', 'other'),
  ];
  expect(shown(web, all)).toEqual([
    'Deployment/web',
    '├─ReplicaSet/web-a',
    '│ ├─Pod/web-a-1',
    '│ └─Pod/web-a-2',
    '└─ReplicaSet/web-b',
    '  └─Pod/web-b-1',
  ]);
});

it('ends where objects own each other', () => {
  const [a, b] = [object('A', 'a', 'b'), object('B', 'b', 'a')];
  expect(shown(a, [a, b])).toEqual(['A/a', '└─B/b']);
});
