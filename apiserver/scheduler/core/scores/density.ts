import type { Cluster } from '../model/cluster';
import { CPU, MEMORY, PODS } from '../model/node-table';
import type { PodClass } from '../model/pod-class';
import type { Scorer } from '../placing/scorer';
import { IMPOSSIBLE, UNIT } from './cost';
import { DemandProfile } from './demand-profile';
import { Fragmentation } from './fragmentation';
import { devicesLeft, leftShare } from './plain-scorers';

/** From this share of a node on, a pod is too large for balance to matter: what counts is how full the node gets. */
const LARGE_POD = 0.25;
/** Leftovers of a large pod within a quarter of the node are as good as each other: the earlier node fills up first. */
const FULLNESS_STEPS = 4;
/**
 * How much emptiness counts beside imbalance, for the square of the pod's share of the node: for small pods, of which more
 * will come, it counts next to nothing, since preferring full nodes makes them lopsided.
 */
const TIGHTNESS = 1;
/** An empty node is opened when the used ones would become more lopsided than this, and for larger pods the more reluctantly. */
const OPENING = 0.025;
const OPENING_FOR_SHARE = 4;
/** Devices that no processors are left for count beside a stranded one; processors without devices count half as much. */
const DEVICES_ALONE = 0.3;
const PROCESSORS_ALONE = 0.15;
const DEVICE_TIGHTNESS = 0.01;
/** A pod without devices takes half a device's worth of trouble to stay off nodes that have them. */
const GUEST = 0.5;

/** A scorer that learns from the pods it is asked about. */
export interface LearningScorer extends Scorer {
  observe(podClass: PodClass): void;
}

/**
 * The default score: pack densely without stranding anything. Small pods keep what is left of a node's resources in
 * proportion, so that no node ends with memory that no processor is left for, and open an empty node only when that would
 * cost proportion elsewhere; large pods fill nodes up; on nodes with devices what counts is how much of the devices
 * the typical pods could still use.
 */
export class DensityScorer implements LearningScorer {
  readonly name = 'density';
  private readonly profile = new DemandProfile();
  private readonly fragmentation: Fragmentation;

  constructor(private readonly cluster: Cluster) {
    this.fragmentation = new Fragmentation(cluster);
  }

  get version(): number {
    return this.profile.version;
  }

  observe(podClass: PodClass): void {
    const before = this.profile.version;
    this.profile.observe(podClass);
    if (this.profile.version !== before) this.fragmentation.setTypical(this.profile.typical);
  }

  addCosts(podClass: PodClass, nodes: Int32Array, count: number, costs: Int32Array): void {
    const { counts } = this.cluster.devices;
    const { perUnit, slack, free, capacity } = this.cluster.nodes;
    const [cpuUnits, memoryUnits] = [perUnit[CPU], perUnit[MEMORY]];
    const [cpuSlack, memorySlack] = slack;
    const [freePods, mostPods] = [free[PODS], capacity[PODS]];
    if (cpuUnits === undefined || memoryUnits === undefined || freePods === undefined || mostPods === undefined) return;
    const [askedCpu, askedMemory] = podClass.weights;
    const hasOthers = podClass.columns.some((column) => column > PODS);
    for (let at = 0; at < count; at++) {
      const before = costs[at] ?? IMPOSSIBLE;
      if (before === IMPOSSIBLE) continue;
      const node = nodes[at] ?? 0;
      if ((counts[node] ?? 0) > 0) {
        costs[at] = before + this.deviceCost(podClass, node);
        continue;
      }
      const perCpu = cpuUnits[node] ?? 0;
      const perMemory = memoryUnits[node] ?? 0;
      const cpu = Math.max(0, ((cpuSlack[node] ?? 0) - askedCpu) * perCpu);
      const memory = Math.max(0, ((memorySlack[node] ?? 0) - askedMemory) * perMemory);
      const share = Math.max(askedCpu * perCpu, askedMemory * perMemory);
      const opening = freePods[node] === mostPods[node] ? OPENING + OPENING_FOR_SHARE * share * share : 0;
      const cost = hasOthers
        ? this.costOfMany(podClass, node, { cpu, memory, share })
        : leftoverCost(Math.max(cpu, memory), Math.min(cpu, memory), cpu + memory, 2, share);
      costs[at] = before + Math.round(UNIT * (cost + opening));
    }
  }

  /** With resources beside processors and memory: what is left of those is given. */
  private costOfMany(
    { columns, amounts }: PodClass,
    node: number,
    { cpu, memory, share: of }: { readonly cpu: number; readonly memory: number; readonly share: number },
  ): number {
    const { nodes } = this.cluster;
    let most = Math.max(cpu, memory);
    let least = Math.min(cpu, memory);
    let sum = cpu + memory;
    let count = 2;
    let share = of;
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index] ?? 0;
      if (column <= PODS) continue;
      const perUnit = nodes.perUnit[column]?.[node] ?? 0;
      const left = ((nodes.free[column]?.[node] ?? 0) - (amounts[index] ?? 0)) * perUnit;
      most = Math.max(most, left);
      least = Math.min(least, left);
      share = Math.max(share, (amounts[index] ?? 0) * perUnit);
      sum += left;
      count += 1;
    }
    return leftoverCost(most, least, sum, count, share);
  }

  private deviceCost(podClass: PodClass, node: number): number {
    const stranded = this.fragmentation.added(podClass, node) / 1_000;
    const cpu = leftShare(this.cluster, podClass, node, CPU);
    const devices = devicesLeft(this.cluster, podClass, node) ?? 0;
    const guest = podClass.devices === undefined ? GUEST : 0;
    const alone = devices > cpu ? DEVICES_ALONE : PROCESSORS_ALONE;
    const mismatch = alone * Math.abs(cpu - devices) + DEVICE_TIGHTNESS * (cpu + devices);
    return Math.round(UNIT * (stranded + mismatch + guest));
  }
}

/** What leftovers of a node cost, as shares of it, for a pod whose largest share of the node is given. */
function leftoverCost(most: number, least: number, sum: number, count: number, share: number): number {
  return share > LARGE_POD
    ? Math.round((FULLNESS_STEPS * sum) / count) / FULLNESS_STEPS
    : most - least + TIGHTNESS * share * share * sum;
}
