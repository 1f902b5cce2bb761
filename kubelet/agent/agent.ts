import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import type { IngressChange } from '../../shared/wire/ingress';
import type { NetworkChange } from '../../shared/wire/network';
import type { PodNetworkChange, PodNetworkReport, RelayFrames } from '../../shared/wire/pod-network';
import type { PolicyChange } from '../../shared/wire/network-policy';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type {
  EventReport,
  Heartbeat,
  NamespaceServices,
  NodeImages,
  ObjectChanged,
  PodAssignment,
  PodRemoval,
  Registration,
  RunningPod,
  StreamRequest,
  Sync,
} from '../../shared/wire/node-channel';
import type { ApiAddress } from '../api-relay/api-relay';
import type { ConfigSource } from '../environment/config-source';
import { isFenced } from '../../shared/wire/fence';
import { PodFence } from '../fence/pod-fence';
import { EvictionManager } from '../eviction/eviction-manager';
import { createConsumption } from '../eviction/pod-consumption';
import type { Threshold } from '../eviction/thresholds';
import { isRunning } from '../plan/observed-pod';
import type { Observed, Runtime } from '../runtime/runtime';
import { EngineGate } from '../pod-worker/engine-gate';
import { InFlight } from '../pod-worker/in-flight';
import type { ImageProvider, NodeFacts, PodEnvironment, PodNetwork } from '../pod-worker/pod-environment';
import { PodWorker } from '../pod-worker/pod-worker';
import { createProber } from '../probes/prober';
import type { Session, SessionHandlers } from '../session/session';
import { createMemoryFolders } from '../volumes/memory-folder';
import { createNfsMounts } from '../volumes/nfs-mounts';
import { PodTokens } from '../volumes/pod-tokens';
import { PodVolumes } from '../volumes/pod-volumes';
import { DesiredPods } from './desired-pods';
import { EngineWatch } from './engine-watch';
import type { Host } from './host';
import { nodeConditionsOf } from './node-conditions';
import { ObjectCache } from './object-cache';
import { unenforcedPolicy } from './unenforced-policy';
import { forgottenPod } from './forgotten-pod';

/** Where the engine itself saturates: more calls at once only lengthen each. */
const ENGINE_SLOTS = 8;
/** How long new pods wait for those that end when the node returns; as long as pods have to end, where they say nothing. */
const ROOM_LIMIT_MS = 30_000;

/** The node's part in the cluster's network: what the agent tells it. */
export interface AgentNetwork extends PodNetwork {
  /** Resolves when the node does as it says. */
  apply(change: NetworkChange): Promise<void>;
  applyPodNetwork(change: PodNetworkChange): void;
  /** From another node, by way of the server. */
  relayFrames(frames: RelayFrames): void;
  /** Whether pods have a network here. */
  isThere(): boolean;
  /** Why they have none; undefined while nothing is wrong. */
  problem(): string | undefined;
  /**
   * Who may reach the node's pods, and whom they may reach. A pod that is attached later waits until the node does as it
   * says. False: this node cannot.
   */
  applyPolicies(change: PolicyChange): boolean;
  /** The pods that the engine runs already, all of them. */
  adopt(pods: readonly { readonly uid: string; readonly addresses: readonly string[] }[]): Promise<void>;
}

/** The node's part in serving Ingresses. */
export interface AgentIngress {
  /** Whether it wants to be told. */
  readonly isServing: boolean;
  apply(change: IngressChange): void;
  /** What the node says of it; empty where there is nothing to serve. */
  conditions(): Heartbeat['conditions'];
}

export interface AgentOptions {
  readonly nodeName: string;
  readonly agentVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Root may mount a tmpfs for what must not reach a disk. */
  readonly isRoot: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly runtime: Runtime;
  readonly runtimeName: string;
  readonly host: Host;
  readonly node: NodeFacts;
  /** What must be left of the node's resources; with less, pods are evicted. */
  readonly evictionHard: readonly Threshold[];
  /** Whether pods of StatefulSets are stopped when the server is away for too long, so that it may replace them. */
  readonly fences: boolean;
  /** Where pods reach the API; undefined while that way is not open. */
  readonly apiAddress: () => ApiAddress | undefined;
  /** Absent where this machine cannot serve Services. */
  readonly network?: AgentNetwork;
  /** Absent where this node serves no Ingresses. */
  readonly ingress?: AgentIngress;
  readonly createImages: (source: ConfigSource) => ImageProvider;
  readonly createSession: (handlers: SessionHandlers) => Session;
  readonly onStream: (request: StreamRequest, stream: AgentStream) => Promise<void>;
  readonly onConnected?: () => void;
  /** Frees what it can of a disk that runs full, before pods must go for it. */
  readonly reclaimDisk?: () => Promise<void>;
}

/**
 * The kubelet: what the server assigns on one side, what the engine runs on the other, and one worker per pod between
 * them. It owns nothing it cannot learn again: stopping it, or losing the server, costs no container anything.
 */
export class Agent implements SessionHandlers {
  private readonly session: Session;
  private readonly desired: DesiredPods;
  private readonly objects: ObjectCache;
  private readonly volumes: PodVolumes;
  private readonly engine: EngineWatch;
  private readonly environment: PodEnvironment;
  private readonly eviction: EvictionManager;
  private readonly fence: PodFence | undefined;
  private readonly workers = new Map<string, PodWorker>();
  private readonly inFlight = new InFlight();
  /**
   * What the engine had when it was first listed, until the server has claimed or disowned all of it; undefined
   * before, when nothing may be started yet.
   */
  private adopted: Observed | undefined;
  /** The server has said all that this node is to run, so that anything else is an orphan. */
  private isFullyTold = false;
  private lastRevision = 0;

  constructor(private readonly options: AgentOptions) {
    const { clock, logger, runtime, dataDir } = options;
    this.desired = new DesiredPods({ dataDir, clock, logger });
    this.session = options.createSession(this);
    this.fence = options.fences
      ? new PodFence({
          dataDir,
          clock,
          logger,
          bootId: () => options.host.bootId(),
          uptimeMs: () => options.host.uptimeMs(),
          isNeeded: () => this.desired.all().some(isFenced),
          onLost: () => this.stopFenced(),
          onHeld: () => void this.inFlight.track(this.startWaiting()),
        })
      : undefined;
    this.objects = new ObjectCache((ref) => this.session.fetch(ref));
    this.volumes = new PodVolumes({
      dataDir,
      source: this.objects,
      tokens: new PodTokens({ clock, random: options.random, request: (order) => this.session.requestToken(order) }),
      memory: createMemoryFolders(options.isRoot),
      nfs: createNfsMounts(options.isRoot),
      logger,
    });
    this.engine = new EngineWatch({
      runtime,
      clock,
      logger,
      listener: {
        onListed: (observed) => this.inFlight.track(this.onListed(observed)),
        onEvent: (event) => this.workers.get(event.pod.uid)?.onRuntimeEvent(event),
      },
    });
    this.environment = {
      clock,
      logger,
      runtime,
      runtimeName: options.runtimeName,
      gate: new EngineGate(ENGINE_SLOTS),
      inFlight: this.inFlight,
      images: options.createImages(this.objects),
      volumes: this.volumes,
      source: this.objects,
      prober: createProber(runtime),
      node: options.node,
      othersOf: (uid) =>
        this.allWorkers()
          .filter((worker) => worker.isWanted && worker.pod.metadata.uid !== uid)
          .map((worker) => worker.pod),
      apiAddress: options.apiAddress,
      ...(options.network === undefined ? {} : { network: options.network }),
      withdraw: (podUid) => this.session.withdraw(podUid),
      servicesOf: (namespace) => this.desired.servicesOf(namespace),
      reportStatus: (report) => {
        this.desired.noteStatus(report.uid, report.status);
        this.session.reportPodStatus(report);
      },
      reportTerminated: (pod) => this.session.reportPodTerminated(pod),
      reportEvent: (event) => this.session.reportEvent(event),
    };
    this.eviction = new EvictionManager({
      thresholds: options.evictionHard,
      clock,
      logger,
      supplies: () => options.host.supplies(),
      pods: () => this.allWorkers(),
      usageOf: createConsumption(runtime, (uid) => (this.workers.get(uid)?.containers ?? []).filter(isRunning)),
      reportEvent: (event) => this.session.reportEvent(event),
      ...(options.reclaimDisk === undefined ? {} : { reclaimDisk: options.reclaimDisk }),
    });
  }

  /** Adopts what runs, then dials the server. An engine that is down does not keep the node from saying so. */
  async start(): Promise<void> {
    await this.desired.load();
    await this.fence?.start();
    await this.engine.start();
    this.session.start();
    this.eviction.start();
  }

  /** Lets go of everything; containers run on. */
  async stop(): Promise<void> {
    await this.eviction.stop();
    await this.session.stop();
    await this.engine.stop();
    for (const worker of this.workers.values()) worker.release();
    await this.fence?.stop();
    await this.desired.flush();
  }

  async registration(): Promise<Registration> {
    const { host, nodeName, agentVersion, labels } = this.options;
    const [status, bootId] = await Promise.all([host.nodeStatus(this.engine.info), host.bootId()]);
    return {
      nodeName,
      bootId,
      agentVersion,
      labels,
      status: { ...status, conditions: [...this.conditions()] },
      pods: this.pods(),
      servesIngress: this.options.ingress?.isServing === true,
      lastRevision: this.lastRevision,
      ...(this.fence === undefined ? {} : { fence: this.fence.terms }),
    };
  }

  async heartbeat() {
    const usage = await this.options.host.usage();
    return { usage, conditions: this.conditions() };
  }

  /** What is to end ends first: what is new may need its ports, its memory, its volumes. */
  onSync({ kind, revision, pods, services, policies, removed, fence }: Sync): void {
    this.lastRevision = revision;
    this.fence?.agree(fence);
    if (policies !== undefined) this.onPolicies(policies);
    for (const each of services) this.desired.setServices(each);
    for (const uid of removed) this.unassign(uid);
    const ending = new Set(removed);
    if (kind === 'full') {
      const wanted = new Set(pods.map((pod) => pod.metadata.uid));
      for (const { metadata } of this.desired.all()) {
        if (wanted.has(metadata.uid)) continue;
        this.unassign(metadata.uid);
        ending.add(metadata.uid);
      }
      for (const pod of pods) this.desired.set(pod);
      this.isFullyTold = true;
      for (const uid of this.disownOrphans()) ending.add(uid);
    }
    for (const pod of pods.filter(isDeleted)) {
      this.assign(pod);
      ending.add(pod.metadata.uid);
    }
    const room = this.roomAfter(ending);
    for (const pod of pods) if (!isDeleted(pod)) this.assign(pod, room);
    if (kind === 'difference') return;
    this.forgetAdopted();
    for (const worker of this.workers.values()) worker.reportAgain();
  }

  onBeatAnswered(agoMs: number): void {
    this.fence?.renew(agoMs);
  }

  onPod({ revision, pod }: PodAssignment): void {
    this.lastRevision = Math.max(this.lastRevision, revision);
    this.assign(pod);
  }

  onPodRemoved({ revision, uid }: PodRemoval): void {
    this.lastRevision = Math.max(this.lastRevision, revision);
    this.unassign(uid);
  }

  onObjectChanged(message: ObjectChanged): void {
    this.objects.accept(message);
    const { namespace } = message.ref;
    for (const worker of this.workers.values())
      if (worker.pod.metadata.namespace === namespace) worker.onObjectChanged(message.ref);
  }

  onServices(message: NamespaceServices): void {
    this.desired.setServices(message);
  }

  onNetwork(change: NetworkChange): Promise<void> {
    return this.options.network?.apply(change) ?? Promise.resolve();
  }

  onPodNetwork(change: PodNetworkChange): void {
    this.options.network?.applyPodNetwork(change);
  }

  onRelayFrames(frames: RelayFrames): void {
    this.options.network?.relayFrames(frames);
  }

  /** Frames for another node; lost while there is no connection. */
  sendRelayFrames(frames: RelayFrames): void {
    this.session.sendRelayFrames(frames);
  }

  /** What this node offers the pod network, to be told again after each registration. */
  reportPodNetwork(report: PodNetworkReport): void {
    this.session.reportPodNetwork(report);
  }

  onPolicies(change: PolicyChange): void {
    if (this.options.network?.applyPolicies(change) === true) return;
    for (const { namespace, name } of change.policies)
      this.session.reportEvent(unenforcedPolicy(`${namespace}/${name}`));
  }

  onIngress(change: IngressChange): void {
    this.options.ingress?.apply(change);
  }

  onStream(request: StreamRequest, stream: AgentStream): Promise<void> {
    return this.options.onStream(request, stream);
  }

  onConnected(): void {
    this.options.logger.info({}, 'connected to the server');
    for (const worker of this.workers.values()) worker.retryConfiguration();
    this.options.onConnected?.();
  }

  onDisconnected(reason: string): void {
    this.options.logger.warn({ reason }, 'server is away, pods run on');
    this.objects.markStale();
  }

  /** How many things are under way: steps of pods, looks at what the engine has. Nothing happens by itself while it is 0. */
  get underWay(): number {
    return this.inFlight.size;
  }

  /** The worker that looks after that pod. */
  worker(podUid: string): PodWorker | undefined {
    return this.workers.get(podUid);
  }

  /** Says something of the node itself. */
  reportEvent(event: EventReport): void {
    this.session.reportEvent(event);
  }

  reportImages(message: NodeImages): void {
    this.session.reportImages(message);
  }

  referredImages(names: readonly string[]): Promise<readonly string[]> {
    return this.session.referredImages(names);
  }

  /** Removes what the engine has of pods that nobody knows, as what was made while nobody could be told. */
  async removeStrays(): Promise<void> {
    if (this.adopted === undefined || !this.isFullyTold) return;
    this.adopted = await this.options.runtime.list();
    this.disownOrphans();
    this.forgetAdopted();
  }

  allWorkers(): readonly PodWorker[] {
    return [...this.workers.values()];
  }

  private conditions() {
    const { network } = this.options;
    const isKnown = network?.isThere() === true || network?.problem() !== undefined;
    const own = nodeConditionsOf({
      engineProblem: this.engine.problem,
      hasPressure: (pressure) => this.eviction.hasPressure(pressure),
      ...(isKnown ? { network: { problem: network.problem() } } : {}),
    });
    return [...own, ...(this.options.ingress?.conditions() ?? [])];
  }

  private pods(): readonly RunningPod[] {
    return this.allWorkers().map(({ pod: { metadata } }) => ({
      uid: metadata.uid,
      namespace: metadata.namespace,
      name: metadata.name,
    }));
  }

  /** A pod of which nothing runs yet begins when there is `room`. */
  private assign(pod: Pod, room?: Promise<void>): void {
    this.desired.set(pod);
    const worker = this.workers.get(pod.metadata.uid);
    if (worker !== undefined) worker.update(pod);
    else if (this.adopted !== undefined && this.mayEmploy(pod, this.adopted)) {
      const employed = this.employ(pod, ofPod(this.adopted, pod.metadata.uid), room);
      const isNew = pod.status?.startTime === undefined && employed.containers.length === 0;
      const refusal = isNew ? this.eviction.refusal(pod) : undefined;
      if (refusal !== undefined) employed.evict(refusal);
    }
  }

  private unassign(uid: string): void {
    this.desired.delete(uid);
    this.workers.get(uid)?.remove();
  }

  private async onListed(observed: Observed): Promise<void> {
    if (this.adopted !== undefined) {
      await Promise.all(this.allWorkers().map((worker) => worker.relist(ofPod(observed, worker.pod.metadata.uid))));
      this.employWaiting(observed);
      return;
    }
    this.adopted = observed;
    await this.options.network?.adopt(observed.sandboxes.map(({ pod, ips }) => ({ uid: pod.uid, addresses: ips })));
    const room = this.isFullyTold ? this.roomAfter(new Set(this.disownOrphans())) : undefined;
    for (const pod of this.desired.all())
      if (this.mayEmploy(pod, observed)) this.employ(pod, ofPod(observed, pod.metadata.uid), room);
    if (this.isFullyTold) this.forgetAdopted();
    const { containers } = observed;
    this.options.logger.info({ pods: this.workers.size, containers: containers.length }, 'adopted what runs');
  }

  /** What must not run twice and does not run now waits for the server's word. */
  private mayEmploy(pod: Pod, observed: Observed): boolean {
    const runs = ofPod(observed, pod.metadata.uid).containers.some(isRunning);
    return runs || isDeleted(pod) || (this.fence?.mayStart(pod) ?? true);
  }

  /** The server has answered: what waited for that begins. */
  private async startWaiting(): Promise<void> {
    if (this.adopted === undefined || this.desired.all().every(({ metadata }) => this.workers.has(metadata.uid)))
      return;
    try {
      this.employWaiting(await this.options.runtime.list());
    } catch (error) {
      this.options.logger.debug({ err: error }, 'pods start when the engine is back');
    }
  }

  private employWaiting(observed: Observed): void {
    for (const pod of this.desired.all()) {
      const { uid } = pod.metadata;
      if (!this.workers.has(uid) && this.mayEmploy(pod, observed)) this.employ(pod, ofPod(observed, uid));
    }
  }

  private stopFenced(): void {
    for (const worker of this.workers.values()) if (isFenced(worker.pod)) worker.fence();
  }

  /** Pods that were deleted while this agent was away: what the engine has of them goes. Their uids. */
  private disownOrphans(): readonly string[] {
    const { sandboxes, containers } = this.adopted ?? { sandboxes: [], containers: [] };
    const uids: string[] = [];
    for (const { pod } of [...sandboxes, ...containers]) {
      if (this.workers.has(pod.uid) || this.desired.get(pod.uid) !== undefined) continue;
      const orphan = ofPod({ sandboxes, containers }, pod.uid);
      this.options.logger.info({ pod: `${pod.namespace}/${pod.name}`, uid: pod.uid }, 'orphan found, removing it');
      this.employ(forgottenPod(pod, orphan), orphan).remove();
      uids.push(pod.uid);
    }
    return uids;
  }

  /** Whatever the engine had at first is claimed or disowned. */
  private forgetAdopted(): void {
    if (this.adopted === undefined) return;
    this.adopted = { sandboxes: [], containers: [] };
    void this.inFlight.track(this.removeOrphanFolders());
  }

  /** Resolves when nothing of these pods is left here, or after a while: some take their time. Undefined where none runs. */
  private roomAfter(uids: ReadonlySet<string>): Promise<void> | undefined {
    const alive = this.allWorkers().filter(({ pod, isAlive }) => isAlive && uids.has(pod.metadata.uid));
    if (alive.length === 0) return undefined;
    return new Promise((resolve) => {
      const left = new Set(alive);
      const cancel = this.options.clock.setTimeout(resolve, ROOM_LIMIT_MS);
      for (const worker of alive) {
        const { gone } = worker;
        gone.addEventListener('abort', () => {
          left.delete(worker);
          if (left.size > 0) return;
          cancel();
          resolve();
        });
      }
    });
  }

  private async removeOrphanFolders(): Promise<void> {
    for (const uid of await this.volumes.uids())
      if (!this.workers.has(uid) && this.desired.get(uid) === undefined) await this.volumes.remove(uid);
  }

  private employ(pod: Pod, observed: Observed, room?: Promise<void>): PodWorker {
    const worker = new PodWorker({
      env: this.environment,
      pod,
      observed,
      onGone: ({ metadata }) => {
        this.workers.delete(metadata.uid);
        this.desired.delete(metadata.uid);
      },
    });
    this.workers.set(pod.metadata.uid, worker);
    const isNew = observed.sandboxes.length + observed.containers.length === 0;
    if (room === undefined || !isNew) void worker.start();
    else void room.then(() => (worker.gone.aborted ? undefined : worker.start()));
    return worker;
  }
}

const isDeleted = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;

const ofPod = (observed: Observed, uid: string): Observed => ({
  sandboxes: observed.sandboxes.filter(({ pod }) => pod.uid === uid),
  containers: observed.containers.filter(({ pod }) => pod.uid === uid),
});
