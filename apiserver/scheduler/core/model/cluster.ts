import type { Node, Pod } from '../../../../shared/api/objects';
import { isDeviceResource } from '../../../../shared/pod/devices';
import { isSameJson } from '../../../../shared/same-json';
import type { Labels } from '../../../../shared/selectors/label-selector';
import { nodeConstraints } from '../node-constraints/node-constraints';
import { ChangeLog } from './change-log';
import { DeviceTable } from './device-table';
import type { DomainCounter } from './domain-counter';
import type { Load } from './load-table';
import { LoadTable } from './load-table';
import type { NodeFacts } from './node-facts';
import { factsOf } from './node-facts';
import { NodeFit } from './node-fit';
import { CPU, MEMORY, NodeTable } from './node-table';
import type { NodeDemand, PodExtras } from './node-demand';
import type { PodClass } from './pod-class';
import { classKeyOf, compilePod } from './compile-pod';
import { PodTable } from './pod-table';
import { PriorityTable } from './priority-table';
import { Topology } from './topology';

/**
 * The scheduler's picture of a cluster: nodes, the pods on them and what they leave free, kept up change by change.
 * Nodes, pods and classes are small numbers; nothing here knows a store, a socket or the time.
 */
export class Cluster {
  readonly nodes = new NodeTable();
  readonly devices = new DeviceTable();
  readonly load = new LoadTable();
  readonly pods = new PodTable();
  readonly priorities = new PriorityTable();
  readonly changes = new ChangeLog();
  /** By id. */
  readonly classes = new Map<number, PodClass>();
  readonly topology: Topology;
  /** Grows when a node comes, goes or changes what it says about itself. */
  nodesVersion = 0;
  /** Requested by all pods, by column of the node table. */
  readonly requested: number[] = [];
  private nextClass = 0;
  private readonly namespaces = new Map<string, Labels>();
  private readonly byKey = new Map<string, PodClass>();
  private readonly bySpec = new WeakMap<Pod['spec'], { readonly pod: Pod; readonly podClass: PodClass }>();
  private readonly fits = new Map<string, NodeFit>();
  /** Classes with host ports on each node, with how many of their pods. */
  private readonly publishers = new Map<number, Map<PodClass, number>>();

  constructor() {
    this.topology = new Topology(this.nodes, this.namespaces, this.classes, (counter) => this.fill(counter));
  }

  /** Adds a node or takes note of a change. Its pods stay. Returns its slot. */
  setNode(object: Node | NodeFacts): number {
    const facts = 'metadata' in object ? factsOf(object) : object;
    const known = this.nodes.slotOf(facts.name);
    const before = known === undefined ? undefined : this.nodes.facts[known];
    const isSameToPods =
      before !== undefined && isSameJson(before.labels, facts.labels) && isSameJson(before.taints, facts.taints);
    if (known !== undefined && !isSameToPods) this.uncount(known);
    const node = this.nodes.set(facts);
    if (!isSameToPods) this.recount(node);
    this.setDevices(node, facts);
    this.judge(node);
    return node;
  }

  /** The caller has removed its pods. */
  removeNode(node: number): void {
    this.topology.leave(node);
    this.devices.set(node, undefined, 0);
    this.load.set(node, { cpu: 0, memory: 0 });
    this.nodes.remove(node);
    this.topology.join(node);
    this.judge(node);
  }

  /** Labels that namespaceSelectors go by. Returns whether they are others than before. */
  setNamespace(name: string, labels: Labels): boolean {
    if (isSameJson(this.namespaces.get(name) ?? {}, labels)) return false;
    this.namespaces.set(name, labels);
    this.topology.recompile();
    return true;
  }

  namespaceLabels(name: string): Labels {
    return this.namespaces.get(name) ?? {};
  }

  setLoad(node: number, load: Load): void {
    if (this.load.set(node, load)) this.changes.add(node);
  }

  /** The class of a pod; the same for pods that ask for the same. */
  classOf(pod: Pod, extras: PodExtras = {}): PodClass {
    const cached =
      extras.volumes === undefined && extras.architectures === undefined ? this.bySpec.get(pod.spec) : undefined;
    if (cached?.pod === pod && this.classes.has(cached.podClass.id)) return cached.podClass;
    const key = classKeyOf(pod, extras);
    let podClass = this.byKey.get(key);
    if (podClass === undefined) {
      podClass = compilePod(pod, extras, {
        id: this.nextClass++,
        columnOf: (resource) => this.nodes.columnOf(resource),
        fitOf: (demand) => this.fitOf(demand),
        levelOf: (priority) => this.priorities.levelOf(priority),
      });
      this.byKey.set(key, podClass);
      this.classes.set(podClass.id, podClass);
      this.topology.introduce(podClass);
    }
    if (extras.volumes === undefined && extras.architectures === undefined)
      this.bySpec.set(pod.spec, { pod, podClass });
    return podClass;
  }

  classById(id: number): PodClass {
    const podClass = this.classes.get(id);
    if (podClass === undefined) throw new Error(`there is no class ${id} of pods`);
    return podClass;
  }

  classOfPod(pod: number): PodClass {
    return this.classById(this.pods.classOf(pod));
  }

  /** Counts a pod on a node, whether it fits or not. `given`: the mask of its devices, where it has them. Returns its slot. */
  place(podClass: PodClass, node: number, given?: number): number {
    const { devices } = podClass;
    const hasDevices = devices !== undefined && this.devices.kindAt(node) === this.devices.kindOf(devices.resource);
    const mask = hasDevices ? (given ?? this.devices.choose(node, devices)) : 0;
    const pod = this.pods.add(podClass.id, node, mask);
    podClass.population += 1;
    this.account(podClass, node, mask, 1);
    for (const { counter, weight } of podClass.counts) counter.add(node, weight);
    this.changes.add(node);
    return pod;
  }

  remove(pod: number): void {
    this.suspend(pod);
    this.classOfPod(pod).population -= 1;
    this.pods.remove(pod);
  }

  /**
   * Forgets classes that no placed pod is of, with all that was kept for them. They are made anew when needed. Those that
   * ask for devices stay: scores go by what is typically asked for.
   */
  collect(): void {
    const live = new Set<NodeFit>();
    for (const [key, podClass] of this.byKey) {
      if (podClass.population > 0 || podClass.devices !== undefined) {
        live.add(podClass.fit);
        continue;
      }
      this.byKey.delete(key);
      this.classes.delete(podClass.id);
    }
    for (const [signature, fit] of this.fits) if (!live.has(fit)) this.fits.delete(signature);
    this.topology.recompile();
  }

  /** Counts a pod no more, as if it were gone; `resume` undoes it. */
  suspend(pod: number): void {
    this.tally(pod, -1);
  }

  resume(pod: number): void {
    this.tally(pod, 1);
  }

  private tally(pod: number, sign: number): void {
    const podClass = this.classOfPod(pod);
    const node = this.pods.nodeOf(pod);
    this.account(podClass, node, this.pods.maskOf(pod), sign);
    this.countPod(pod, node, sign);
    this.changes.add(node);
  }

  /** The pod is being deleted: it keeps its room, but does not count for spreading. */
  setDying(pod: number): void {
    if (this.pods.isDying(pod)) return;
    this.pods.setDying(pod);
    const node = this.pods.nodeOf(pod);
    for (const { counter, weight } of this.classOfPod(pod).counts) {
      if (counter.counted.onlyLiving === true) counter.add(node, -weight);
    }
    this.changes.add(node);
  }

  publishersOn(node: number): Iterable<[PodClass, number]> {
    return this.publishers.get(node) ?? [];
  }

  private account(podClass: PodClass, node: number, mask: number, sign: number): void {
    const { columns, amounts, weights, devices, ports, level } = podClass;
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index] ?? 0;
      const amount = (amounts[index] ?? 0) * sign;
      const free = this.nodes.free[column];
      if (free !== undefined) free[node] = (free[node] ?? 0) - amount;
      this.priorities.add(level, column, node, amount);
      this.requested[column] = (this.requested[column] ?? 0) + amount;
    }
    const [cpu, memory] = this.nodes.slack;
    cpu[node] = (cpu[node] ?? 0) - weights[CPU] * sign;
    memory[node] = (memory[node] ?? 0) - weights[MEMORY] * sign;
    if (devices !== undefined && mask !== 0) this.devices.take(node, mask, devices.milli * sign);
    if (ports.length === 0) return;
    const publishers = this.publishers.get(node) ?? new Map<PodClass, number>();
    publishers.set(podClass, (publishers.get(podClass) ?? 0) + sign);
    this.publishers.set(node, publishers);
  }

  private setDevices(node: number, { allocatable }: NodeFacts): void {
    const [resource, count] = [...allocatable].filter(([name]) => isDeviceResource(name)).sort()[0] ?? [];
    if (resource !== undefined || this.devices.countAt(node) > 0) this.devices.set(node, resource, count ?? 0);
  }

  private fitOf(demand: NodeDemand): NodeFit {
    const known = this.fits.get(demand.signature);
    if (known !== undefined) return known;
    const fit = new NodeFit(demand, nodeConstraints);
    this.fits.set(demand.signature, fit);
    for (const [, node] of this.nodes.names()) fit.judge(node, this.nodes.facts[node]);
    return fit;
  }

  private judge(node: number): void {
    for (const fit of this.fits.values()) fit.judge(node, this.nodes.facts[node]);
    this.nodesVersion += 1;
    this.changes.add(node);
  }

  /** Takes the node's pods out of the counters. */
  private uncount(node: number): void {
    for (const pod of this.pods.on(node)) this.countPod(pod, node, -1);
    this.topology.leave(node);
  }

  private recount(node: number): void {
    this.topology.join(node);
    for (const pod of this.pods.on(node)) this.countPod(pod, node, 1);
  }

  private countPod(pod: number, node: number, sign: number): void {
    for (const { counter, weight } of this.classOfPod(pod).counts) {
      if (!this.pods.isDying(pod) || counter.counted.onlyLiving !== true) counter.add(node, weight * sign);
    }
  }

  private fill(counter: DomainCounter): void {
    for (const [, node] of this.nodes.names()) {
      for (const pod of this.pods.on(node)) {
        const weight = counter.counted.weightOf(this.classOfPod(pod));
        if (weight !== 0 && (!this.pods.isDying(pod) || counter.counted.onlyLiving !== true)) counter.add(node, weight);
      }
    }
  }
}
