import type { Node, Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { isConflict, isNotFound } from '../../shared/status-error';
import type { EventRecorder } from '../events/event-recorder';
import type { Client, ObjectChange } from '../registry/client';
import { keyOf } from '../registry/client';
import { Alarms } from './alarms';
import type { Decision, PodRefusal } from './batch-decider';
import { BatchDecider } from './batch-decider';
import { bindPod } from './bind-pod';
import { ClusterState, isPending } from './cluster-state';
import { gangKeyOf } from './gangs';
import { concernsPlacement } from './node-changes';
import { asksTheSame, podCures } from './pod-cures';
import type { NodeUsage } from './node-loads';
import { NodeLoads } from './node-loads';
import { Preemptor } from './preemptor';
import type { Cure } from './core/constraints/constraint';
import { ChoiceLog } from './core/explain/choice-log';
import type { ChoiceReport } from './explanation';
import { reportChoice } from './explanation';
import type { Profiles } from './profiles';
import { WorkingPolicies, schedulerNameOf } from './profiles';
import { openClaims, selectNode } from './claims';
import { ExtrasSource } from './pod-extras';
import { SchedulingQueue } from './scheduling-queue';
import { tellRefusal } from './tell-refusal';
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
  private readonly choices: ChoiceLog;
  /** Answers what would happen. */
  readonly whatIf: WhatIf;
  private readonly loads = new NodeLoads();
  private readonly extras: ExtrasSource;
  private readonly alarms: Alarms;
  /** By uid: decided on here, and not yet seen to be bound. */
  private readonly binding = new Set<string>();

  constructor(private readonly options: SchedulerOptions) {
    this.alarms = new Alarms(options.clock);
    this.extras = new ExtrasSource({
      ...options,
      alarms: this.alarms,
      nodes: () => this.state.cluster.nodes,
      onNews: () => this.cure('node'),
    });
    this.state = new ClusterState((pod) => this.extras.of(pod));
    this.whatIf = new WhatIf({ state: this.state, client: options.client, profiles: options.profiles });
    this.preemptor = new Preemptor(this.state, options);
    this.choices = new ChoiceLog(this.state.cluster.nodes, REMEMBERED_CHOICES);
    this.decider = new BatchDecider({
      state: this.state,
      policies: new WorkingPolicies(options.profiles, this.state.cluster),
      preemptor: this.preemptor,
      clock: options.clock,
      refusalsOf: (uid) => this.queue.refusalsOf(uid),
      choices: this.choices,
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
      namespaces.onChange(({ object }) => {
        if (!cluster.setNamespace(object.metadata.name, object.metadata.labels ?? {})) return;
        this.cure('namespace');
      }),
      this.options.client.view('StorageClass').onChange(() => this.cure('node')),
      this.options.client.view('PersistentVolumeClaim').onChange(() => this.cure('node')),
      this.options.client.view('PersistentVolume').onChange(() => this.cure('node')),
    ];
    if (this.options.usages !== undefined) {
      this.unsubscribe.push(this.options.clock.setInterval(() => this.sampleLoads(), LOAD_SAMPLE_MS));
    }
    for (const { metadata } of namespaces.list()) cluster.setNamespace(metadata.name, metadata.labels ?? {});
    for (const node of nodes.list()) this.state.setNode(node);
    for (const pod of pods.list()) this.onPod({ type: 'ADDED', object: pod });
    this.preemptor.resume(pods.list({ where: (pod) => this.isWaiting(pod) }));
    this.wake();
  }

  /** Resolves after bindings in flight have ended. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    for (const end of this.unsubscribe) end();
    this.unsubscribe = [];
    this.alarms.clear();
    await this.running;
  }

  /** Resolves when no batch is under way, for tests. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  private onNode({ type, object, previous }: ObjectChange<Node>): void {
    if (type === 'DELETED') {
      this.state.removeNode(object.metadata.name);
      this.cure('node');
      return;
    }
    this.state.setNode(object);
    if (previous !== undefined && !concernsPlacement(object, previous)) return;
    this.cure('node');
  }

  private onPod(change: ObjectChange<Pod>): void {
    const { type, object, previous } = change;
    const uid = object.metadata.uid;
    const cures = new Set<Cure>(podCures(change, this.binding.has(uid)));
    if (type === 'DELETED') this.state.removePod(uid);
    else this.state.setPod(object);
    this.extras.learnFrom(object);
    if (type === 'DELETED' || !this.isWaiting(object)) {
      this.binding.delete(uid);
      this.queue.remove(uid);
      if (this.state.release(uid) !== undefined) cures.add('pod-gone');
    } else if (previous !== undefined && asksTheSame(previous, object)) this.queue.refresh(object);
    else {
      this.queue.add(object);
      if (gangKeyOf(object) !== undefined) this.queue.cured('gang');
      this.wake();
    }
    if (cures.size > 0) this.cure(...cures);
  }

  /** Waits to be placed, and by one of ours. */
  private isWaiting(pod: Pod): boolean {
    return isPending(pod) && this.options.profiles.has(schedulerNameOf(pod));
  }

  private cure(...by: readonly Cure[]): void {
    for (const each of by) this.queue.cured(each);
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
      for (const { pod, nodeName } of decisions) if (nodeName !== undefined) this.binding.add(pod.metadata.uid);
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
  choiceOf(uid: string): ChoiceReport | undefined {
    const choice = this.choices.of(uid);
    return choice === undefined ? undefined : reportChoice(choice);
  }

  private sampleLoads(): void {
    if (this.loads.sample(this.options.usages?.() ?? [], this.state.cluster)) this.cure('node');
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
    const { client } = this.options;
    const { waiting } = openClaims(pod, client);
    if (waiting.length > 0) {
      this.letGo(pod);
      this.queue.park(pod, new Set<Cure>(['node']));
      return selectNode(waiting, nodeName, client);
    }
    try {
      await bindPod(pod, { nodeName, devices: this.state.devicesOf(pod.metadata.uid) }, this.options);
    } catch (error) {
      this.letGo(pod);
      throw error;
    }
  }

  /** It does not go where it was placed: others may. */
  private letGo(pod: Pod): void {
    const { uid } = pod.metadata;
    this.binding.delete(uid);
    this.state.forget(uid);
    const latest = this.options.client.view('Pod').get(keyOf(pod));
    if (latest !== undefined) this.state.setPod(latest);
    this.cure('pod-gone');
  }

  private async refuse(pod: Pod, refusal: PodRefusal): Promise<void> {
    const { cures, againAtMs, mayFitNow, eviction } = refusal;
    if (mayFitNow === true) {
      this.queue.add(pod);
      return;
    }
    this.queue.park(pod, cures);
    if (againAtMs !== undefined) this.alarms.ring(`pod ${pod.metadata.uid}`, againAtMs, () => this.tryAgain(pod));
    await tellRefusal(pod, refusal, this.options);
    if (eviction !== undefined) await this.preemptor.evict(pod, eviction);
  }

  private retry(pod: Pod): void {
    if (this.stopped || !this.isWaiting(pod)) return;
    const atMs = this.options.clock.now() + BIND_RETRY_MS;
    this.alarms.ring(`pod ${pod.metadata.uid}`, atMs, () => this.tryAgain(pod));
  }

  private tryAgain(pod: Pod): void {
    const latest = this.options.client.view('Pod').get(keyOf(pod));
    if (this.stopped || latest?.metadata.uid !== pod.metadata.uid || !this.isWaiting(latest)) return;
    this.queue.add(latest);
    this.wake();
  }
}
