import { seededRandom } from '../../../../shared/random';
import { aNode, aPod } from '../../../../shared/testing/builders';
import { constraints } from '../constraints/constraints';
import { Cluster } from '../model/cluster';
import { RandomWorld } from '../testing/random-world';
import { policies } from './policies';

const SEED = 20_260_101;
const WORLDS = 60;

describe.each(policies.map((kind) => ({ name: kind.name, kind })))('policy $name', ({ kind }) => {
  it(`places pods only where every rule allows them, and counts what it placed (seed ${SEED})`, () => {
    for (let round = 0; round < WORLDS; round++) {
      const world = new RandomWorld(seededRandom(SEED + round));
      const cluster = new Cluster();
      for (let node = 0; node < 2 + world.below(6); node++) cluster.setNode(world.node(`n${node}`));
      const policy = kind.create(cluster);
      for (let turn = 0; turn < 3; turn++) {
        const batch = Array.from({ length: 1 + world.below(12) }, () => cluster.classOf(world.pod(), world.extras()));
        const before = cluster.pods.count;
        const { nodes, pods } = policy.place(batch);
        expect(cluster.pods.count - before).toBe(pods.filter((pod) => pod >= 0).length);
        for (const [index, podClass] of batch.entries()) {
          const pod = pods[index] ?? -1;
          expect(pod >= 0).toBe((nodes[index] ?? -1) >= 0);
          if (pod < 0) continue;
          expect(cluster.classOfPod(pod)).toBe(podClass);
          expect(cluster.pods.nodeOf(pod)).toBe(nodes[index]);
          expect(podClass.fit.allows(nodes[index] ?? -1)).toBe(true);
        }
        for (const [, node] of cluster.nodes.names()) {
          for (const free of cluster.nodes.free) expect(free[node]).toBeGreaterThanOrEqual(0);
          for (const left of cluster.devices.freeAt(node)) expect(left).toBeGreaterThanOrEqual(0);
        }
      }
    }
  });

  it('leaves nobody pending whom a node takes', () => {
    for (let round = 0; round < WORLDS; round++) {
      const world = new RandomWorld(seededRandom(SEED + round));
      const cluster = new Cluster();
      for (let node = 0; node < 2 + world.below(6); node++) cluster.setNode(world.node(`n${node}`));
      const batch = Array.from({ length: 10 }, () =>
        cluster.classOf(aPod({ cpu: world.pick(['1', '2', '5']), memory: world.pick(['1Gi', '4Gi']) })),
      );
      const { nodes } = kind.create(cluster).place(batch);
      for (const [index, podClass] of batch.entries()) {
        if ((nodes[index] ?? -1) >= 0) continue;
        for (const [, node] of cluster.nodes.names()) {
          expect(constraints.every((each) => !each.concerns(podClass) || each.allows(podClass, node, cluster))).toBe(
            false,
          );
        }
      }
    }
  });

  it('never leaves an important pod pending for one that is less so', () => {
    const cluster = new Cluster();
    cluster.setNode(aNode({ cpu: '4' }));
    const classOf = (cpu: string, priority: number) => cluster.classOf(aPod({ cpu, priority }));
    const { nodes } = kind.create(cluster).place([classOf('4', 0), classOf('3', 0), classOf('1', 100)]);
    expect(nodes[2]).toBe(0);
  });

  it('takes batches of more pods than a function takes arguments', () => {
    const cluster = new Cluster();
    cluster.setNode(aNode({ cpu: '4' }));
    const [one, other] = [cluster.classOf(aPod({ cpu: '4' })), cluster.classOf(aPod({ cpu: '3' }))];
    const batch = Array.from({ length: 200_000 }, (_, at) => (at % 2 === 0 ? one : other));
    const { nodes } = kind.create(cluster).place(batch);
    expect(nodes.filter((node) => node >= 0)).toHaveLength(1);
  });
});
