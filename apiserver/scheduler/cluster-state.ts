import type { Node, Pod } from '../../shared/api/objects';
import type { ChosenDevices } from '../../shared/pod/devices';
import { chosenDevices } from '../../shared/pod/devices';
import { Cluster } from './core/model/cluster';
import type { PodExtras } from './core/model/node-demand';
import type { PodClass } from './core/model/pod-class';
import { gangKeyOf } from './gangs';

export const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Whether a pod waits for a node from a scheduler of this name. */
export const isPending = (pod: Pod): boolean =>
  (pod.spec.nodeName ?? '') === '' &&
  pod.metadata.deletionTimestamp === undefined &&
  !isTerminal(pod) &&
  (pod.spec.schedulingGates?.length ?? 0) === 0;

/** Room that is kept for a pod while others leave it. */
export interface Reservation {
  readonly pod: Pod;
  readonly podClass: PodClass;
  readonly node: number;
  /** Uids of those who leave. */
  readonly leaving: readonly string[];
}

/** So many classes of pods are no burden. */
const FEW_CLASSES = 1_000;

interface Placed {
  readonly pod: Pod;
  /** In the core. */
  readonly slot: number;
}

/**
 * The cluster of the core, kept up from the objects of the store. What a policy placed is `assume`d until the store
 * says so too, and taken back (`forget`) where it was not bound in the end.
 */
export class ClusterState {
  readonly cluster = new Cluster();
  /** By uid. */
  private readonly placed = new Map<string, Placed>();
  /** Pods bound to a node that is not known (yet). */
  private readonly homeless = new Map<string, Pod>();

  /** By pod slot. */
  private readonly bySlot = new Map<number, Pod>();
  /** By uid, with the slot that holds the room. */
  private readonly reservations = new Map<string, Reservation & { readonly slot: number }>();
  private collectAt = FEW_CLASSES;
  private readonly gangs = new Map<string, number>();

  constructor(private readonly extrasOf: (pod: Pod) => PodExtras = () => ({})) {}

  /** What the core knows of a pod that waits: the node it is bound to, where it is, is no demand. */
  classOf(pod: Pod): PodClass {
    return this.cluster.classOf(pod, this.extrasOf(pod));
  }

  setNode(node: Node): void {
    this.cluster.setNode(node);
    for (const [uid, pod] of this.homeless) {
      if (pod.spec.nodeName !== node.metadata.name) continue;
      this.homeless.delete(uid);
      this.count(pod);
    }
  }

  removeNode(name: string): void {
    const node = this.cluster.nodes.slotOf(name);
    if (node === undefined) return;
    for (const [uid, { pod, slot }] of this.placed) {
      if (this.cluster.pods.nodeOf(slot) !== node) continue;
      this.forget(uid);
      this.homeless.set(uid, pod);
    }
    for (const [uid, reservation] of this.reservations) if (reservation.node === node) this.release(uid);
    this.cluster.removeNode(node);
  }

  /** Takes note of a pod as it is in the store: it counts on its node until it has ended. */
  setPod(pod: Pod): void {
    const { uid, deletionTimestamp } = pod.metadata;
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName === '' || isTerminal(pod)) {
      this.removePod(uid);
      return;
    }
    const known = this.placed.get(uid);
    const isWhereItWas =
      known !== undefined &&
      this.cluster.nodes.nameOf(this.cluster.pods.nodeOf(known.slot)) === nodeName &&
      (isAlike(known.pod, pod) || this.cluster.classOfPod(known.slot) === this.classOf(unbound(pod)));
    if (!isWhereItWas) {
      this.removePod(uid);
      this.count(pod);
    }
    const slot = this.placed.get(uid)?.slot;
    if (slot === undefined) return;
    if (isWhereItWas) this.renew(pod, known);
    if (deletionTimestamp !== undefined) this.cluster.setDying(slot);
  }

  removePod(uid: string): void {
    this.homeless.delete(uid);
    this.forget(uid);
  }

  /** Takes over a pod that a policy placed. */
  assume(pod: Pod, slot: number): void {
    this.placed.set(pod.metadata.uid, { pod, slot });
    this.bySlot.set(slot, pod);
    this.countGang(pod, 1);
  }

  /** The devices of its node that a placed pod has; undefined: it asked for none. */
  devicesOf(uid: string): ChosenDevices | undefined {
    const slot = this.placed.get(uid)?.slot;
    if (slot === undefined) return undefined;
    const { devices } = this.cluster.classOfPod(slot);
    const indexes = indexesIn(this.cluster.pods.maskOf(slot));
    return devices === undefined || indexes.length === 0 ? undefined : { resource: devices.resource, indexes };
  }

  /** Takes an assumed pod back. */
  forget(uid: string): void {
    const known = this.placed.get(uid);
    if (known === undefined) return;
    this.placed.delete(uid);
    this.bySlot.delete(known.slot);
    this.countGang(known.pod, -1);
    this.cluster.remove(known.slot);
  }

  /** The pod in a slot of the core; undefined: it is only reserved room. */
  podAt(slot: number): Pod | undefined {
    return this.bySlot.get(slot);
  }

  /** How many pods of a gang are placed. */
  countInGang(key: string): number {
    return this.gangs.get(key) ?? 0;
  }

  /** Keeps room on a node for a pod until `victims` have left. */
  reserve(pod: Pod, podClass: PodClass, node: number, victims: readonly Pod[]): void {
    this.reserveAgain({ pod, podClass, node, leaving: victims.map(({ metadata }) => metadata.uid) });
  }

  reserveAgain(reservation: Reservation): void {
    if (this.cluster.nodes.facts[reservation.node] === undefined) return;
    const slot = this.cluster.place(reservation.podClass, reservation.node);
    this.reservations.set(reservation.pod.metadata.uid, { ...reservation, slot });
  }

  /** Lets the room go that was kept for the pod. */
  release(uid: string): Reservation | undefined {
    const known = this.reservations.get(uid);
    if (known === undefined) return undefined;
    this.reservations.delete(uid);
    this.cluster.remove(known.slot);
    return known;
  }

  /** Whether pods are still leaving to make room for it. */
  awaitsRoom(uid: string): boolean {
    const known = this.reservations.get(uid);
    if (known === undefined) return false;
    return known.leaving.some((each) => this.placed.has(each));
  }

  /** All room that is kept. */
  reserved(): readonly Reservation[] {
    return [...this.reservations.values()];
  }

  hasRoomReserved(uid: string): boolean {
    return this.reservations.has(uid);
  }

  /** Lets go of what is known of pods that are long gone, now and then. */
  forgetUnused(): void {
    if (this.cluster.classes.size < this.collectAt) return;
    this.cluster.collect();
    this.collectAt = 2 * this.cluster.classes.size + FEW_CLASSES;
  }

  private countGang(pod: Pod, change: number): void {
    const key = gangKeyOf(pod);
    if (key !== undefined) this.gangs.set(key, this.countInGang(key) + change);
  }

  /** A placed pod changed in nothing that its class is made of. */
  private renew(pod: Pod, { pod: before, slot }: Placed): void {
    this.countGang(before, -1);
    this.countGang(pod, 1);
    this.placed.set(pod.metadata.uid, { pod, slot });
    this.bySlot.set(slot, pod);
  }

  private count(pod: Pod): void {
    const node = this.cluster.nodes.slotOf(pod.spec.nodeName ?? '');
    if (node === undefined) this.homeless.set(pod.metadata.uid, pod);
    else this.assume(pod, this.cluster.place(this.classOf(unbound(pod)), node, maskOf(pod)));
  }
}

const indexesIn = (mask: number): number[] =>
  Array.from({ length: 31 }, (_, at) => at).filter((at) => (mask >> at) & 1);

/** The devices that a bound pod was given. */
function maskOf(pod: Pod): number | undefined {
  return chosenDevices(pod)?.indexes.reduce((mask, index) => (index < 31 ? mask | (1 << index) : mask), 0);
}

/** Whether they share all that a class is made of, but for the node: being bound changes nothing else. */
function isAlike(before: Pod, now: Pod): boolean {
  const fields = Object.keys(now.spec) as (keyof Pod['spec'])[];
  return (
    before.metadata.labels === now.metadata.labels &&
    before.metadata.ownerReferences === now.metadata.ownerReferences &&
    fields.every((field) => field === 'nodeName' || before.spec[field] === now.spec[field]) &&
    Object.keys(before.spec).every((field) => field in now.spec)
  );
}

/** A bound pod as it was when it waited: being bound makes it no different from its fellows. */
function unbound(pod: Pod): Pod {
  const { nodeName: _, ...spec } = pod.spec;
  return { ...pod, spec };
}
