import type { EndpointSlice, Pod, Service } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { isSameJson } from '../../shared/same-json';
import type { NetworkChange, NetworkSlice } from '../../shared/wire/network';
import type { Client, ObjectChange, View } from '../registry/client';
import { keyOf, keyString } from '../registry/client';
import { networkServiceOf, networkSliceOf } from './network-facts';
import { OnceATurn } from './once-a-turn';
import { OwnEndpoints } from './own-endpoints';

/** How long a pod's end waits for proxies that do not answer. */
const WITHDRAWAL_TIMEOUT_MS = 5_000;
/** Requests that came before the last proxy turned away are under way still; longer ones are for the pod itself to finish. */
const LAST_REQUESTS_MS = 200;
/** So long it is remembered that new connections went to a pod. */
const REMEMBERED_MS = 10_000;

interface Subscriber {
  readonly nodeName: string;
  readonly send: (change: NetworkChange) => void;
  applied: number;
}

export interface NetworkSubscription {
  applied(revision: number): void;
  cancel(): void;
}

/**
 * Services and their endpoints to every node, each change once, and what of it the nodes' proxies have done: a pod
 * that ends is first out of every proxy.
 */
export class NetworkFeed {
  private readonly services: View<Service>;
  private readonly slices: View<EndpointSlice>;
  private readonly own: OwnEndpoints;
  private readonly subscribers = new Set<Subscriber>();
  private readonly changedServices = new Set<string>();
  private readonly changedSlices = new Set<string>();
  /** In which slices a pod is one that new connections may go to. */
  private readonly slicesOfPod = new Map<string, Set<string>>();
  /** When pods were taken out of their last slice, monotonic; the oldest first. */
  private readonly leftAtMs = new Map<string, number>();
  private readonly waiting = new Set<() => void>();
  private readonly endings: (() => void)[];
  private told: number;
  /** What changes in one turn is one message. */
  private readonly flushing = new OnceATurn(() => this.flush());

  constructor(private readonly deps: { readonly client: Client; readonly clock: Clock }) {
    this.services = deps.client.view('Service');
    this.slices = deps.client.view('EndpointSlice');
    const pods = deps.client.view('Pod');
    this.own = new OwnEndpoints(pods);
    this.told = this.revision;
    for (const slice of this.slices.list()) this.index(slice, true);
    this.endings = [
      this.services.onChange((change) => this.onServiceChange(change)),
      this.slices.onChange((change) => this.onSliceChange(change)),
      pods.onChange((change) => this.onPodChange(change)),
    ];
  }

  /** No more news to anyone, and nobody waits any longer. */
  stop(): void {
    for (const end of this.endings) end();
    this.subscribers.clear();
    this.wake();
  }

  /** Sends that node everything there is, and every change from then on. */
  subscribe(nodeName: string, send: (change: NetworkChange) => void): NetworkSubscription {
    const subscriber: Subscriber = { nodeName, send, applied: 0 };
    this.subscribers.add(subscriber);
    send(this.snapshot(nodeName));
    return {
      applied: (revision) => {
        subscriber.applied = Math.max(subscriber.applied, revision);
        this.wake();
      },
      cancel: () => {
        this.subscribers.delete(subscriber);
        this.wake();
      },
    };
  }

  /**
   * Resolves when every connected node has taken the pod out of its proxy, and at the latest after 5 s; of one that others were
   * sent to until now, a moment later.
   */
  async withdrawn(podUid: string): Promise<void> {
    await this.out(podUid);
    if (this.leftAtMs.has(podUid)) await this.deps.clock.sleep(LAST_REQUESTS_MS);
  }

  private out(podUid: string): Promise<void> {
    // What is told later is not waited for: in a busy cluster there is always more.
    let leftAt: number | undefined;
    const isOut = (): boolean => {
      if (leftAt === undefined && !this.slicesOfPod.has(podUid) && !this.flushing.isWaiting) leftAt = this.told;
      const left = leftAt;
      return left !== undefined && [...this.subscribers].every(({ applied }) => applied >= left);
    };
    if (isOut()) return Promise.resolve();
    return new Promise((resolve) => {
      const settle = (): void => {
        cancel();
        this.waiting.delete(check);
        resolve();
      };
      const check = (): void => {
        if (isOut()) settle();
      };
      const cancel = this.deps.clock.setTimeout(settle, WITHDRAWAL_TIMEOUT_MS);
      this.waiting.add(check);
    });
  }

  private get revision(): number {
    return Math.max(Number(this.services.resourceVersion), Number(this.slices.resourceVersion));
  }

  private snapshot(nodeName: string): NetworkChange {
    return {
      kind: 'snapshot',
      revision: this.told,
      services: this.services.list().map(networkServiceOf),
      slices: this.slicesFor(nodeName, this.slices.list()),
      removedServices: [],
      removedSlices: [],
    };
  }

  private slicesFor(nodeName: string, slices: readonly EndpointSlice[]): readonly NetworkSlice[] {
    return slices.flatMap((slice) => networkSliceOf(this.own.asToldTo(nodeName, slice)) ?? []);
  }

  private onPodChange(change: ObjectChange<Pod>): void {
    if (!this.own.note(change)) return;
    const { namespace, uid } = change.object.metadata;
    const where = ({ endpoints }: EndpointSlice): boolean => endpoints.some(({ targetRef }) => targetRef?.uid === uid);
    for (const slice of this.slices.list({ namespace, where })) this.changedSlices.add(keyString(keyOf(slice)));
    this.flushing.ask();
  }

  private onServiceChange({ type, object, previous }: ObjectChange<Service>): void {
    const isSame = previous !== undefined && isSameJson(networkServiceOf(object), networkServiceOf(previous));
    if (type !== 'DELETED' && isSame) return;
    this.changedServices.add(keyString(keyOf(object)));
    this.flushing.ask();
  }

  private onSliceChange({ type, object, previous }: ObjectChange<EndpointSlice>): void {
    const before = previous ?? (type === 'DELETED' ? object : undefined);
    if (before !== undefined) this.index(before, false);
    if (type !== 'DELETED') this.index(object, true);
    if (before !== undefined) this.remember(before);
    const isSame = previous !== undefined && isSameJson(networkSliceOf(object), networkSliceOf(previous));
    if (type === 'DELETED' || !isSame) {
      this.changedSlices.add(keyString(keyOf(object)));
      this.flushing.ask();
    } else this.wake();
  }

  private index(slice: EndpointSlice, isThere: boolean): void {
    const key = keyString(keyOf(slice));
    for (const uid of servedBy(slice)) {
      const keys = this.slicesOfPod.get(uid) ?? new Set<string>();
      if (isThere) keys.add(key);
      else keys.delete(key);
      if (keys.size === 0) this.slicesOfPod.delete(uid);
      else this.slicesOfPod.set(uid, keys);
    }
  }

  /** When those left that the slice had, and are in none any more. */
  private remember(slice: EndpointSlice): void {
    const nowMs = this.deps.clock.monotonic();
    for (const uid of servedBy(slice)) if (!this.slicesOfPod.has(uid)) this.leftAtMs.set(uid, nowMs);
    for (const [left, sinceMs] of this.leftAtMs) {
      if (nowMs - sinceMs < REMEMBERED_MS) break;
      this.leftAtMs.delete(left);
    }
  }

  private flush(): void {
    this.told = this.revision;
    const slices = [...this.changedSlices].flatMap((key) => this.slices.get(fromKey(key)) ?? []);
    const change = this.takeChange();
    const toldOtherwise = this.own.nodesToldOtherwise(slices);
    for (const { nodeName, send } of this.subscribers)
      send(toldOtherwise.has(nodeName) ? { ...change, slices: this.slicesFor(nodeName, slices) } : change);
    this.wake();
  }

  private takeChange(): NetworkChange {
    const change = {
      services: [] as NetworkChange['services'][number][],
      slices: [] as NetworkChange['slices'][number][],
      removedServices: [] as string[],
      removedSlices: [] as string[],
    };
    for (const key of this.changedServices) {
      const service = this.services.get(fromKey(key));
      if (service === undefined) change.removedServices.push(key);
      else change.services.push(networkServiceOf(service));
    }
    for (const key of this.changedSlices) {
      const slice = this.slices.get(fromKey(key));
      const told = slice === undefined ? undefined : networkSliceOf(slice);
      if (told === undefined) change.removedSlices.push(key);
      else change.slices.push(told);
    }
    this.changedServices.clear();
    this.changedSlices.clear();
    return { kind: 'change', revision: this.told, ...change };
  }

  private wake(): void {
    for (const check of [...this.waiting]) check();
  }
}

function fromKey(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/');
  return { namespace, name };
}

/** The pods that new connections may go to. One that is to be found whether ready or not would never be out. */
const servedBy = ({ endpoints }: EndpointSlice): readonly string[] =>
  endpoints.flatMap(({ conditions, targetRef }) =>
    conditions?.ready === false || conditions?.terminating === true ? [] : (targetRef?.uid ?? []),
  );
