import { isSameJson } from '../../shared/same-json';
import type { Node, Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { isConflict, isNotFound } from '../../shared/status-error';
import type { EventRecorder } from '../events/event-recorder';
import type { Client, ObjectChange } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Decision, PodRefusal } from './batch-decider';
import { BatchDecider } from './batch-decider';
import { ClusterState, isPending } from './cluster-state';
import { gangKeyOf } from './gangs';
import type { NodeUsage } from './node-loads';
import { NodeLoads } from './node-loads';
import { Preemptor } from './preemptor';
import type { Cure } from './core/constraints/constraint';
import { CPU, MEMORY } from './core/model/node-table';
import { explainChoice } from './explanation';
import type { Comparison } from './core/policies/policy';
import type { Profiles } from './profiles';
import { WorkingPolicies, schedulerNameOf } from './profiles';
import { openClaims, selectNode } from './claims';
import { volumesOf } from './volume-demands';
import { SchedulingQueue } from './scheduling-queue';
import { WhatIf } from './what-if';

export interface SchedulerOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventRecorder;
  readonly profiles: Profiles;
  /** What nodes are really busy with, asked every now and then. Absent: only requests count. */
  readonly usages?: () => readonly NodeUsage[];
}

const BIND_RETRY_MS = 1_000;
const LOAD_SAMPLE_MS = 10_000;

/** For that many pods it is remembered why they are where they are. */
const REMEMBERED_CHOICES = 10_000;

/**
 * The loop: pending pods are gathered, placed as one batch by the policy, and bound by compare-and-swap. It wakes by
 * changes alone; a pod that fits nowhere sleeps until a node or a pod changes in a way that may cure its refusals.
 */
export class Scheduler {
  private readonly state: ClusterState;
  private readonly decider: BatchDecider;
  private readonly preemptor: Preemptor;
  private readonly queue = new SchedulingQueue();
  private unsubscribe: (() => void)[] = [];
  private running: Promise<void> | undefined;
  private stopped = true;
  /** By uid of the pod. */
  private readonly choices = new Map<string, Comparison>();
  /** Answers what would happen. */
  readonly whatIf: WhatIf;
  private readonly loads = new NodeLoads();
  private readonly retries = new Set<() => void>();

  constructor(private readonly options: SchedulerOptions) {
    this.state = new ClusterState((pod) => volumesOf(pod, options.client));
    this.whatIf = new WhatIf({ state: this.state, client: options.client, profiles: options.profiles });
    this.preemptor = new Preemptor(this.state, options);
    this.decider = new BatchDecider({
      state: this.state,
      policies: new WorkingPolicies(options.profiles, this.state.cluster),
      preemptor: this.preemptor,
      clock: options.clock,
      refusalsOf: (uid) => this.queue.refusalsOf(uid),
      record: (pod, comparison) => this.remember(pod, comparison),
    });
  }

  /** Idempotent. */
  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    const nodes = this.options.client.view('Node');
    const pods = this.options.client.view('Pod');
    const namespaces = this.options.client.view('Namespace');
    const { cluster } = this.state;
    this.unsubscribe = [
      nodes.onChange((change) => this.onNode(change)),
      pods.onChange((change) => this.onPod(change)),
      namespaces.onChange(({ object }) => cluster.setNamespace(object.metadata.name, object.metadata.labels ?? {})),
      this.options.client.view('PersistentVolumeClaim').onChange(() => this.cure('node')),
      this.options.client.view('PersistentVolume').onChange(() => this.cure('node')),
    ];
    if (this.options.usages !== undefined) {
      this.unsubscribe.push(this.options.clock.setInterval(() => this.sampleLoads(), LOAD_SAMPLE_MS));
    }
    for (const { metadata } of namespaces.list()) cluster.setNamespace(metadata.name, metadata.labels ?? {});
    for (const node of nodes.list()) this.state.setNode(node);
    for (const pod of pods.list()) this.onPod({ type: 'ADDED', object: pod });
    this.wake();
  }

  /** Resolves after bindings in flight have ended. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const end of this.unsubscribe) end();
    this.unsubscribe = [];
    for (const cancel of this.retries) cancel();
    this.retries.clear();
    await this.running;
  }

  /** Resolves when no batch is under way, for tests. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  private onNode({ type, object, previous }: ObjectChange<Node>): void {
    if (type === 'DELETED') {
      this.state.removeNode(object.metadata.name);
      return;
    }
    this.state.setNode(object);
    if (previous !== undefined && !concernsPlacement(object, previous)) return;
    this.cure('node');
  }

  private onPod({ type, object, previous }: ObjectChange<Pod>): void {
    const uid = object.metadata.uid;
    if (type === 'DELETED') {
      this.state.removePod(uid);
      this.state.release(uid);
      this.queue.remove(uid);
      this.podGone(object);
      return;
    }
    this.state.setPod(object);
    if (!this.isWaiting(object)) {
      this.state.release(uid);
      this.queue.remove(uid);
      const hasEnded = object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed';
      if (hasEnded && previous?.status?.phase !== object.status?.phase) this.podGone(object);
      return;
    }
    if (previous !== undefined && isSameJson(previous.spec, object.spec)) {
      this.queue.refresh(object);
      return;
    }
    this.queue.add(object);
    if (gangKeyOf(object) !== undefined) this.queue.cured('gang');
    this.wake();
  }

  /** Waits to be placed, and by one of ours. */
  private isWaiting(pod: Pod): boolean {
    return isPending(pod) && this.options.profiles.has(schedulerNameOf(pod));
  }

  private podGone(pod: Pod): void {
    if ((pod.spec.nodeName ?? '') === '') return;
    this.cure('pod-gone');
  }

  private cure(by: Cure): void {
    this.queue.cured(by);
    this.wake();
  }

  private wake(): void {
    if (this.stopped || this.running !== undefined) return;
    this.running = this.run().finally(() => {
      this.running = undefined;
      if (this.queue.size.ready > 0) this.wake();
    });
  }

  private async run(): Promise<void> {
    // One turn of the event loop gathers what arrives together, so that a batch is really one.
    await new Promise((resolve) => setImmediate(resolve));
    while (!this.stopped) {
      const batch = this.queue.takeBatch();
      if (batch.length === 0) return;
      const decisions = this.decide(batch);
      if (decisions.some(({ nodeName }) => nodeName !== undefined)) this.queue.cured('pod-came');
      await Promise.all(decisions.map((decision) => this.carryOut(decision)));
    }
  }

  /** Pods whose claims cannot be bound are not placed at all. */
  private decide(batch: readonly Pod[]): readonly Decision[] {
    const ready: Pod[] = [];
    const refused = batch.flatMap((pod): Decision[] => {
      const { problem } = openClaims(pod, this.options.client);
      if (problem === undefined) {
        ready.push(pod);
        return [];
      }
      const message = `0/${this.state.cluster.nodes.count} nodes are available: ${problem}.`;
      return [{ pod, refusal: { message, note: message, cures: new Set<Cure>(['node']) } }];
    });
    return [...refused, ...this.decider.decide(ready)];
  }

  /** Why the pod was placed where it was, as long as it is remembered. */
  choiceOf(uid: string): string | undefined {
    const { nodes } = this.state.cluster;
    const comparison = this.choices.get(uid);
    return comparison === undefined ? undefined : explainChoice(comparison, (node) => nodes.nameOf(node));
  }

  private remember(pod: Pod, comparison: Comparison): void {
    this.choices.set(pod.metadata.uid, comparison);
    if (this.choices.size <= REMEMBERED_CHOICES) return;
    const [oldest = ''] = this.choices.keys();
    this.choices.delete(oldest);
  }

  private sampleLoads(): void {
    const { nodes, load } = this.state.cluster;
    const usages = this.options.usages?.() ?? [];
    let isAnyRelieved = false;
    for (const usage of usages) {
      const node = nodes.slotOf(usage.name);
      if (node === undefined) continue;
      const capacity = { cpu: nodes.capacity[CPU]?.[node] ?? 0, memory: nodes.capacity[MEMORY]?.[node] ?? 0 };
      const wasOverloaded = load.isOverloaded(node);
      this.state.cluster.setLoad(node, this.loads.add(usage, capacity));
      isAnyRelieved ||= wasOverloaded && !load.isOverloaded(node);
    }
    this.loads.keep(new Set(usages.map(({ name }) => name)));
    if (isAnyRelieved) this.cure('node');
  }

  private async carryOut(decision: Decision): Promise<void> {
    const { pod } = decision;
    try {
      if (decision.nodeName === undefined) await this.refuse(pod, decision.refusal);
      else await this.bind(pod, decision.nodeName);
    } catch (error) {
      // The pod was changed, bound or deleted meanwhile: the view's change has queued it again if it still waits.
      const latest = this.options.client.view('Pod').get(keyOf(pod));
      if (latest === undefined || latest.metadata.uid !== pod.metadata.uid) return;
      if (isNotFound(error)) return;
      if (!isConflict(error))
        this.options.logger.warn({ pod: pod.metadata.name, err: error }, 'placing a pod failed, trying again');
      this.retry(latest);
    }
  }

  /** First its claims, which wait to know the node: it comes again when they are bound, and finds them there. */
  private async bind(pod: Pod, nodeName: string): Promise<void> {
    const { client, events, logger } = this.options;
    const { waiting } = openClaims(pod, client);
    if (waiting.length > 0) {
      this.state.forget(pod.metadata.uid);
      this.queue.park(pod, new Set<Cure>(['node']));
      return selectNode(waiting, nodeName, client);
    }
    try {
      await client.bind(keyOf(pod), { nodeName, uid: pod.metadata.uid });
    } catch (error) {
      this.state.forget(pod.metadata.uid);
      const latest = client.view('Pod').get(keyOf(pod));
      if (latest !== undefined) this.state.setPod(latest);
      throw error;
    }
    const { namespace, name } = pod.metadata;
    logger.info({ pod: `${namespace}/${name}`, node: nodeName }, 'pod bound');
    events.record(
      pod,
      {
        type: 'Normal',
        reason: 'Scheduled',
        message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
      },
      { component: schedulerNameOf(pod) },
    );
  }

  private async refuse(pod: Pod, { message, note, cures, mayFitNow, eviction }: PodRefusal): Promise<void> {
    if (mayFitNow === true) {
      this.queue.add(pod);
      return;
    }
    this.queue.park(pod, cures);
    const { client, clock, events } = this.options;
    const nominated = eviction === undefined ? {} : { nominatedNodeName: eviction.nodeName };
    let isNews = false;
    await client.modify(
      'Pod',
      keyOf(pod),
      (current) => {
        const others = (current.status?.conditions ?? []).filter((each) => each.type !== 'PodScheduled');
        const old = current.status?.conditions?.find((each) => each.type === 'PodScheduled');
        if ((current.spec.nodeName ?? '') !== '') return undefined;
        isNews = old?.message !== message || old.reason !== 'Unschedulable';
        if (!isNews && eviction === undefined) return undefined;
        const since = old?.status === 'False' ? old.lastTransitionTime : undefined;
        const condition = {
          type: 'PodScheduled',
          status: 'False',
          reason: 'Unschedulable',
          message,
          lastTransitionTime: since ?? toTimestamp(clock.now()),
        };
        return { ...current, status: { ...current.status, ...nominated, conditions: [...others, condition] } };
      },
      { subresource: 'status', uid: pod.metadata.uid },
    );
    if (isNews) {
      events.record(
        pod,
        { type: 'Warning', reason: 'FailedScheduling', message: note },
        { component: schedulerNameOf(pod) },
      );
    }
    if (eviction !== undefined) await this.preemptor.evict(pod, eviction);
  }

  private retry(pod: Pod): void {
    if (this.stopped || !this.isWaiting(pod)) return;
    const cancel = this.options.clock.setTimeout(() => {
      this.retries.delete(cancel);
      const latest = this.options.client.view('Pod').get(keyOf(pod));
      if (latest?.metadata.uid !== pod.metadata.uid || !this.isWaiting(latest)) return;
      this.queue.add(latest);
      this.wake();
    }, BIND_RETRY_MS);
    this.retries.add(cancel);
  }
}

/** Whether a node changed in something that a filter reads: heartbeats and images do not wake parked pods. */
function concernsPlacement(now: Node, before: Node): boolean {
  const readiness = (node: Node): string | undefined =>
    node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return !(
    isSameJson(now.spec, before.spec) &&
    isSameJson(now.metadata.labels, before.metadata.labels) &&
    isSameJson(now.status?.allocatable, before.status?.allocatable) &&
    readiness(now) === readiness(before)
  );
}
