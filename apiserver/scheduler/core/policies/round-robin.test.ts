import { aNode, aPod } from '../../../../shared/testing/builders';
import { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { roundRobin } from './round-robin';

function clusterOf(cpus: readonly string[]): Cluster {
  const cluster = new Cluster();
  for (const [index, cpu] of cpus.entries()) cluster.setNode(aNode({ name: `n${index}`, cpu, memory: '64Gi' }));
  return cluster;
}

/** How many pods each node got. */
function counts({ nodes }: { readonly nodes: Int32Array }, size: number): readonly number[] {
  return Array.from({ length: size }, (_, node) => nodes.filter((each) => each === node).length);
}

const times = (podClass: PodClass, count: number): PodClass[] => Array.from({ length: count }, () => podClass);

it('gives each node as many pods of a class as any other, whatever their size', () => {
  const cluster = clusterOf(['8', '32', '16', '64']);
  const [small, large] = [cluster.classOf(aPod({ cpu: '100m' })), cluster.classOf(aPod({ cpu: '1' }))];
  const policy = roundRobin.create(cluster);
  expect(counts(policy.place(times(small, 8)), 4)).toEqual([2, 2, 2, 2]);
  expect(counts(policy.place([...times(large, 4), ...times(small, 4)]), 4)).toEqual([2, 2, 2, 2]);
});

it('goes on where the class was, in the next batch too', () => {
  const cluster = clusterOf(['8', '8', '8']);
  const podClass = cluster.classOf(aPod({ cpu: '100m' }));
  const policy = roundRobin.create(cluster);
  const placed = Array.from({ length: 6 }, () => policy.place([podClass]).nodes[0]);
  expect(new Set(placed.slice(0, 3)).size).toBe(3);
  expect(placed.slice(3)).toEqual(placed.slice(0, 3));
});

it('leaves out a node that does not take the pod, and is fair among the others', () => {
  const cluster = clusterOf(['8', '500m', '8']);
  const podClass = cluster.classOf(aPod({ cpu: '1' }));
  expect(counts(roundRobin.create(cluster).place(times(podClass, 10)), 3)).toEqual([5, 0, 5]);
});

it('spreads classes of one pod each as evenly', () => {
  const cluster = clusterOf(['8', '8', '8', '8']);
  const classes = Array.from({ length: 12 }, (_, index) => cluster.classOf(aPod({ cpu: `${100 + index}m` })));
  expect(counts(roundRobin.create(cluster).place(classes), 4)).toEqual([3, 3, 3, 3]);
});
