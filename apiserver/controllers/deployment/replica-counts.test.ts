import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import { MAX, proportionalSizes } from './replica-counts';

const deployment = (replicas: number): Deployment =>
  ({ spec: { replicas, strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } }) as unknown as Deployment;
const set = (name: string, replicas: number, max: number): ReplicaSet =>
  ({
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z', annotations: { [MAX]: String(max) } },
    spec: { replicas },
  }) as unknown as ReplicaSet;

it.each([
  ['up, in proportion to what they have', 9, [set('old', 4, 5), set('new', 1, 5)], { old: 8, new: 2 }],
  ['down, in proportion to what they have', 3, [set('old', 8, 10), set('new', 2, 10)], { old: 3, new: 1 }],
  // A new template came with the new size, and its ReplicaSet took the room.
  ['not at all where there is nothing to share', 6, [set('oldest', 2, 3), set('old', 1, 3), set('new', 4, 7)], {}],
])('shares a change of the size: %s', (_how, replicas, sets, expected) => {
  const unchanged = sets.map(({ metadata: { name }, spec }) => [name, spec?.replicas]);
  const sizes = Object.fromEntries(proportionalSizes(deployment(replicas), sets));
  expect(sizes).toEqual({ ...Object.fromEntries(unchanged), ...expected });
});
