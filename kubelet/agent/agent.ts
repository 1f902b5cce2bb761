import type { Pod } from '../../shared/api/objects';
import type { IngressChange } from '../../shared/wire/ingress';
import type { NetworkChange } from '../../shared/wire/network';
import type { PodNetworkChange, PodNetworkReport, RelayFrames } from '../../shared/wire/pod-network';
import type { PolicyChange } from '../../shared/wire/network-policy';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type {
  EventReport,
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
import { isFenced } from '../../shared/wire/fence';
import { PodFence } from '../fence/pod-fence';
import { EvictionManager } from '../eviction/eviction-manager';
import { createConsumption } from '../eviction/pod-consumption';
import { isRunning } from '../plan/observed-pod';
import { EngineGate } from '../pod-worker/engine-gate';
import { InFlight } from '../pod-worker/in-flight';
import type { PodEnvironment } from '../pod-worker/pod-environment';
import type { PodWorker } from '../pod-worker/pod-worker';
import { createProber } from '../probes/prober';
import type { Session, SessionHandlers } from '../session/session';
import { createMemoryFolders } from '../volumes/memory-folder';
import { createNfsMounts } from '../volumes/nfs-mounts';
import { PodTokens } from '../volumes/pod-tokens';
import { PodVolumes } from '../volumes/pod-volumes';
import { DesiredPods } from './desired-pods';
import { EngineWatch } from './engine-watch';
import { nodeConditionsOf } from './node-conditions';
import type { AgentOptions } from './agent-options';
import { ObjectCache } from './object-cache';
import { isDeleted, PodWorkers } from './pod-workers';
import { unenforcedPolicy } from './unenforced-policy';
import { sysctlRefusal } from '../admission/sysctls';

/** Where the engine itself saturates: more calls at once only lengthen each. */
const ENGINE_SLOTS = 8;

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
  private readonly workers: PodWorkers;
  private readonly inFlight = new InFlight();
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
          onHeld: () => void this.inFlight.track(this.workers.startWaiting()),
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
        onListed: (observed) => this.inFlight.track(this.workers.onListed(observed)),
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
        this.workers
          .all()
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
      pods: () => this.workers.all(),
      usageOf: createConsumption(runtime, (uid) => (this.workers.get(uid)?.containers ?? []).filter(isRunning)),
      reportEvent: (event) => this.session.reportEvent(event),
      ...(options.reclaimDisk === undefined ? {} : { reclaimDisk: options.reclaimDisk }),
    });
    this.workers = new PodWorkers({
      desired: this.desired,
      runtime,
      clock,
      logger,
      inFlight: this.inFlight,
      environment: this.environment,
      mayStart: (pod) => this.fence?.mayStart(pod) ?? true,
      refusal: (pod) => this.eviction.refusal(pod) ?? sysctlRefusal(pod, options.allowedUnsafeSysctls),
      beforeAdoption: ({ sandboxes }) =>
        options.network?.adopt(sandboxes.map(({ pod, ips }) => ({ uid: pod.uid, addresses: ips }))) ??
        Promise.resolve(),
      onAllClaimed: () => void this.inFlight.track(this.removeOrphanFolders()),
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
    this.workers.release();
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
      for (const uid of this.workers.claimAll()) ending.add(uid);
    }
    for (const pod of pods.filter(isDeleted)) {
      this.assign(pod);
      ending.add(pod.metadata.uid);
    }
    const room = this.workers.roomAfter(ending);
    for (const pod of pods) if (!isDeleted(pod)) this.assign(pod, room);
    if (kind === 'difference') return;
    this.workers.forgetAdopted();
    for (const worker of this.workers.all()) worker.reportAgain();
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
    for (const worker of this.workers.all())
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
    for (const worker of this.workers.all()) worker.retryConfiguration();
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
  removeStrays(): Promise<void> {
    return this.workers.removeStrays();
  }

  allWorkers(): readonly PodWorker[] {
    return this.workers.all();
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
    return this.workers.all().map(({ pod: { metadata } }) => ({
      uid: metadata.uid,
      namespace: metadata.namespace,
      name: metadata.name,
    }));
  }

  private assign(pod: Pod, room?: Promise<void>): void {
    this.desired.set(pod);
    this.workers.assign(pod, room);
  }

  private unassign(uid: string): void {
    this.desired.delete(uid);
    this.workers.unassign(uid);
  }

  private stopFenced(): void {
    for (const worker of this.workers.all()) if (isFenced(worker.pod)) worker.fence();
  }

  private async removeOrphanFolders(): Promise<void> {
    for (const uid of await this.volumes.uids())
      if (this.workers.get(uid) === undefined && this.desired.get(uid) === undefined) await this.volumes.remove(uid);
  }
}
