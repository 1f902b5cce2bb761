import type { PodTraits } from '../../../../shared/testing/builders';
import { aNode, aPod } from '../../../../shared/testing/builders';
import { Cluster } from '../model/cluster';
import { greedy } from '../policies/greedy';
import { plan } from './plan';
import { planRebalancing } from './rebalance';

function clusterOf(nodes: Readonly<Record<string, readonly PodTraits[]>>) {
  const cluster = new Cluster();
  const names = new Map<number, string>();
  for (const [name, pods] of Object.entries(nodes)) {
    const node = cluster.setNode(aNode({ name, cpu: '8', memory: '16Gi' }));
    for (const traits of pods) names.set(cluster.place(cluster.classOf(aPod(traits)), node), traits.name ?? '');
  }
  const snapshot = () => JSON.stringify([cluster.nodes.free.map((column) => [...column]), cluster.pods.count]);
  return { cluster, names, snapshot };
}

it('tells where pods would go and why one would go nowhere, and leaves everything as it was', () => {
  const { cluster, snapshot } = clusterOf({ n1: [], n2: [{ cpu: '1', memory: '2Gi' }] });
  const before = snapshot();
  const classes = ['2', '99'].map((cpu) => cluster.classOf(aPod({ cpu, memory: '1Gi' })));
  const [fits, huge] = plan(cluster, greedy.create(cluster), classes);
  expect(fits?.nodeName).toMatch(/^n[12]$/);
  expect(huge).toMatchObject({ exclusions: [{ reason: 'Insufficient cpu' }, { reason: 'Insufficient cpu' }] });
  expect(huge?.nodeName).toBeUndefined();
  expect(snapshot()).toBe(before);
});

describe('rebalancing', () => {
  const small = (name: string): PodTraits => ({ name, cpu: '1', memory: '2Gi' });

  it('empties a little used node onto those in use', () => {
    const { cluster, names, snapshot } = clusterOf({
      n1: ['a', 'b', 'c', 'd'].map(small),
      n2: [small('lonely')],
      n3: [],
    });
    const before = snapshot();
    const { moves, nodesUsed } = planRebalancing(cluster, { mayMove: () => true });
    expect(moves.map(({ pod, to }) => [names.get(pod), cluster.nodes.nameOf(to)])).toEqual([['lonely', 'n1']]);
    expect(nodesUsed).toEqual({ before: 2, after: 1 });
    expect(snapshot()).toBe(before);
  });

  it('empties no node of pods that would lose more elsewhere than the node is worth', () => {
    const { cluster } = clusterOf({ n1: [], n2: [] });
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs', controller: true };
    for (const node of [0, 1]) {
      for (const name of ['a', 'b']) {
        const pod = aPod({ ...small(`${name}${node}`) });
        const owned = { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } };
        cluster.place(cluster.classOf(owned), node);
      }
    }
    expect(planRebalancing(cluster, { mayMove: () => true }).moves).toEqual([]);
  });

  it('moves nobody who may not be moved', () => {
    const { cluster } = clusterOf({ n1: ['a', 'b'].map(small), n2: [small('lonely')] });
    expect(planRebalancing(cluster, { mayMove: () => false }).moves).toEqual([]);
  });

  it('moves a pod to the node that it prefers, once there is one', () => {
    const { cluster, names } = clusterOf({ n1: [] });
    const wish = {
      nodeAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [
          { weight: 100, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
        ],
      },
    };
    const pod = cluster.place(cluster.classOf(aPod({ ...small('picky'), spec: { affinity: wish } })), 0);
    names.set(pod, 'picky');
    cluster.setNode(aNode({ name: 'fast', cpu: '8', memory: '16Gi', labels: { disk: 'ssd' } }));
    const { moves } = planRebalancing(cluster, { mayMove: () => true });
    expect(moves).toMatchObject([{ pod, reason: 'better-node' }]);
    expect(cluster.nodes.nameOf(moves[0]?.to ?? -1)).toBe('fast');
    expect(moves[0]?.gain).toBeGreaterThan(1);
  });

  it('makes no more moves than asked for', () => {
    const { cluster } = clusterOf({
      n1: ['a', 'b', 'c'].map(small),
      n2: ['d', 'e'].map(small),
      n3: [small('f')],
    });
    expect(planRebalancing(cluster, { mayMove: () => true, mostMoves: 1 }).moves).toHaveLength(1);
  });
});
