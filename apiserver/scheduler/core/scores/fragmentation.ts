import type { Cluster } from '../model/cluster';
import { WHOLE } from '../model/device-table';
import { CPU, MEMORY } from '../model/node-table';
import type { PodClass } from '../model/pod-class';
import type { TypicalDemand } from './demand-profile';

/**
 * How much of a node's free devices the typical pods could not use, in thousandths of a device: the measure of
 * "Beware of Fragmentation" (USENIX ATC 2023). A device part is stranded for a pod when it is smaller than the pod's
 * share, or all of it when the node lacks devices, processors, memory or the right kind for that pod.
 */
export class Fragmentation {
  private readonly free = new Int32Array(32);
  private count = 0;
  private cpu = 0;
  private memory = 0;
  private requests: { share: number; cpu: number; memory: number; count: number; milli: number; podClass: PodClass }[] =
    [];
  /** What is stranded as the node stands, with the change it was worked out at. */
  private readonly known = new Map<number, { readonly at: number; readonly stranded: number }>();

  constructor(private readonly cluster: Cluster) {}

  setTypical(typical: readonly TypicalDemand[]): void {
    this.known.clear();
    this.requests = typical.map(({ podClass, share }) => ({
      share,
      cpu: podClass.requests.get('cpu') ?? 0,
      memory: podClass.requests.get('memory') ?? 0,
      count: podClass.devices?.count ?? 0,
      milli: podClass.devices?.milli ?? 0,
      podClass,
    }));
  }

  /** How much more is stranded once the pod runs there. Only for nodes with devices. */
  added(podClass: PodClass, node: number): number {
    const before = this.before(node);
    this.load(node);
    this.cpu -= podClass.requests.get('cpu') ?? 0;
    this.memory -= podClass.requests.get('memory') ?? 0;
    const { devices } = podClass;
    if (devices !== undefined) {
      const mask = this.cluster.devices.choose(node, devices);
      for (let device = 0; device < this.count; device++) {
        if (((mask >> device) & 1) === 1) this.free[device] = (this.free[device] ?? 0) - devices.milli;
      }
    }
    return this.stranded(node) - before;
  }

  private before(node: number): number {
    const at = this.cluster.changes.lastOf(node);
    const known = this.known.get(node);
    if (known?.at === at) return known.stranded;
    this.load(node);
    const stranded = this.stranded(node);
    this.known.set(node, { at, stranded });
    return stranded;
  }

  private load(node: number): void {
    const { devices, nodes } = this.cluster;
    this.count = devices.countAt(node);
    for (let device = 0; device < this.count; device++) {
      this.free[device] = devices.free[node * devices.stride + device] ?? 0;
    }
    this.cpu = nodes.free[CPU]?.[node] ?? 0;
    this.memory = nodes.free[MEMORY]?.[node] ?? 0;
  }

  private stranded(node: number): number {
    const { free, count } = this;
    let all = 0;
    let whole = 0;
    for (let device = 0; device < count; device++) {
      const left = free[device] ?? 0;
      all += left;
      if (left === WHOLE) whole += 1;
    }
    if (all === 0) return 0;
    let sum = 0;
    for (const request of this.requests) {
      const fits =
        request.count > 0 &&
        request.cpu <= this.cpu &&
        request.memory <= this.memory &&
        request.podClass.fit.allows(node);
      sum += request.share * (fits ? all - this.usable(request.count, request.milli, whole) : all);
    }
    return sum;
  }

  private usable(wanted: number, milli: number, whole: number): number {
    if (milli === WHOLE) return whole >= wanted ? whole * WHOLE : 0;
    let sum = 0;
    for (let device = 0; device < this.count; device++) {
      const left = this.free[device] ?? 0;
      if (left >= milli) sum += left;
    }
    return sum;
  }
}
