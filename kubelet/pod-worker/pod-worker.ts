import { FENCE_STOP_MS } from '../../shared/wire/fence';
import { isDeepStrictEqual } from 'node:util';
import type { Pod, PodSpec, PodStatus } from '../../shared/api/objects';
import type { Logger } from '../../shared/logger';
import type { ObjectRef } from '../../shared/wire/node-channel';
import { identityOf } from '../environment/container-spec';
import type { ObservedPod } from '../plan/observed-pod';
import { attemptsOf, currentSandbox, isExited, isRunning } from '../plan/observed-pod';
import { graceOf, plan } from '../plan/plan';
import { hasRunItsCourse } from '../plan/pod-outline';
import type { Step } from '../plan/step';
import { keyOf } from '../plan/step';
import type { ContainerId, ObservedContainer, RuntimeEvent, SandboxId } from '../runtime/runtime';
import { RuntimeError } from '../runtime/runtime';
import { podStatusOf } from '../status/pod-status';
import * as events from './events';
import type { PodEnvironment } from './pod-environment';
import { PodAim } from './pod-aim';
import { PodProbes } from './pod-probes';
import { PodRecord } from './pod-record';
import { resizeFacts } from './resize-facts';
import { StepHolds } from './step-holds';
import type { StepContext } from './step-context';
import { refreshSandbox } from './sandbox-executors';
import { executors, learnTerminationMessage, refreshContainer } from './step-executors';
import type { Refusal } from './refusal';

/** k8s immediateEvictionGracePeriodSeconds */
const EVICTION_GRACE_SECONDS = 1;
/** So that the engine has time left to stop what does not heed. */
const FENCE_GRACE_SECONDS = FENCE_STOP_MS / 1_000 - 2;

const isMaking: ReadonlySet<string> = new Set(['sandbox', 'prepareVolumes']);

export interface PodWorkerOptions {
  readonly env: PodEnvironment;
  readonly pod: Pod;
  /** What of the pod runs already: it is adopted as it is. */
  readonly observed: ObservedPod;
  /** Nothing of the pod is left on this node. Called once. */
  readonly onGone: (pod: Pod) => void;
}

/**
 * Looks after one pod, by uid, from its assignment to its end. Event driven: whatever happens wakes it, it plans anew
 * and sets going what the plan says and is not under way already; a finished step wakes it again.
 */
export class PodWorker {
  private readonly env: PodEnvironment;
  private readonly record: PodRecord;
  private readonly probes: PodProbes;
  private readonly logger: Logger;
  private readonly underWay = new Set<string>();
  private readonly holds: StepHolds;
  private readonly lifetime = new AbortController();
  private readonly aim: PodAim;
  private lastStatus: PodStatus | undefined;
  /** Its remains are being removed, which is not for its status to show. */
  private isVanishing = false;
  private isStarted = false;
  private isWoken = false;
  private cancelTimer: () => void = () => undefined;
  private readonly startTimeMs: number;

  constructor(private readonly options: PodWorkerOptions) {
    const { env, pod, observed } = options;
    this.env = env;
    this.logger = env.logger.child({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, uid: pod.metadata.uid });
    this.record = new PodRecord(pod, observed);
    this.holds = new StepHolds(env.clock);
    this.probes = new PodProbes({
      env,
      record: this.record,
      emit: (event, container) => this.emit(event, container),
      changed: () => this.wake(),
    });
    const startTime = pod.status?.startTime;
    this.startTimeMs = startTime === undefined ? env.clock.now() : Date.parse(startTime);
    this.aim = new PodAim(pod, this.logger);
  }

  /** Begins to look after the pod, by a fresh look at what of it was found: that may be a while ago. */
  start(): Promise<void> {
    return this.env.inFlight.track(this.adopt());
  }

  private async adopt(): Promise<void> {
    const { sandboxes, containers } = this.record.observed;
    await Promise.all([
      ...sandboxes.map(({ id }) => refreshSandbox(this.env, this.record, id)),
      ...containers.map(({ id }) => refreshContainer(this.env, this.record, id)),
    ]).catch((error: unknown) => this.logger.debug({ error }, 'adopted as listed'));
    for (const { id } of containers) await learnTerminationMessage(this.env, this.record, id);
    this.probes.adopt();
    this.isStarted = true;
    this.wake();
  }

  get pod(): Pod {
    return this.record.pod;
  }

  /** The pod was assigned or changed. */
  update(pod: Pod): void {
    const before = this.record.pod;
    this.record.pod = pod;
    const isRelabelled =
      !isDeepStrictEqual(before.metadata.labels, pod.metadata.labels) ||
      !isDeepStrictEqual(before.metadata.annotations, pod.metadata.annotations);
    if (isRelabelled) this.record.volumesWanted += 1;
    this.aim.heedDeletion(pod);
    this.wake();
  }

  /** The pod is gone from the server: what is left of it must go. */
  remove(): void {
    this.aim.remove(this.record.pod);
    this.wake();
  }

  /** Ends the pod for good, at once, for the sake of the others on this node. */
  evict(message: string): void {
    this.condemn(events.evicted(message), EVICTION_GRACE_SECONDS);
  }

  /** The node does not take the pod, of which nothing runs yet. */
  refuse(refusal: Refusal): void {
    this.condemn(events.refused(refusal), 0, `Pod was rejected: ${refusal.message}`);
  }

  /** Ends the pod for good, because it must not run twice and another may soon run elsewhere. */
  fence(): void {
    this.condemn(events.fenced(), Math.min(graceOf(this.record.pod), FENCE_GRACE_SECONDS));
  }

  /** It is to run on: what it asks for is its own. */
  get isWanted(): boolean {
    return this.aim.isToRun;
  }

  /** Something of it runs. */
  get isAlive(): boolean {
    return this.record.observed.containers.some(isRunning);
  }

  get isEvicted(): boolean {
    return this.aim.verdict?.reason === 'Evicted';
  }

  /** Stops looking after the pod, whose containers run on. Idempotent. */
  release(): void {
    this.lifetime.abort();
    this.aim.abandon();
    this.probes.stop();
    this.cancelTimer();
  }

  onRuntimeEvent(event: Exclude<RuntimeEvent, { type: 'engine' }>): void {
    if (event.action === 'removed') {
      this.record.forget(event.id);
      return this.wake();
    }
    const isOwnDoing = this.record.has(event.id) && event.action === 'created';
    if (isOwnDoing || this.isUnderWay(event)) return;
    const refresh = event.type === 'sandbox' ? refreshSandbox : refreshContainer;
    this.env.inFlight.track(refresh(this.env, this.record, event.id)).then(
      () => this.wake(),
      (error: unknown) => this.logger.debug({ error, event }, 'engine event not followed up'),
    );
  }

  /** Events may have been missed: `observed` is what there is now. */
  async relist(observed: ObservedPod): Promise<void> {
    for (const container of observed.containers)
      if (isExited(container)) await learnTerminationMessage(this.env, this.record, container.id, container);
    this.record.replaceObserved(observed);
    this.holds.clear();
    this.wake();
  }

  onObjectChanged(ref: ObjectRef): void {
    if (this.env.volumes.shows(this.record.pod, ref)) {
      this.record.volumesWanted += 1;
      this.holds.release('prepareVolumes');
    }
    this.retryConfiguration();
  }

  /** What could not be configured may be configurable now: a ConfigMap or Secret changed, or the server can be asked again. */
  retryConfiguration(): void {
    for (const [name, trouble] of this.record.troubles)
      if (trouble.reason === 'CreateContainerConfigError')
        this.record.troubles.set(name, { ...trouble, retryAtMs: this.env.clock.now() });
    this.wake();
  }

  /** The server may have lost what was reported: the status is reported again in full. */
  reportAgain(): void {
    this.lastStatus = undefined;
    this.wake();
  }

  containerId(name: string, previous: boolean): ContainerId | undefined {
    const attempts = attemptsOf(this.record.observed, name).filter(({ state }) => state.phase !== 'created');
    return attempts[previous ? 1 : 0]?.id;
  }

  get containers(): readonly ObservedContainer[] {
    return this.record.observed.containers;
  }

  /** Aborts when the pod is gone from this node, or this agent lets go of it. */
  get gone(): AbortSignal {
    return this.lifetime.signal;
  }

  get sandboxId(): SandboxId | undefined {
    const sandbox = currentSandbox(this.record.observed);
    return isRunning(sandbox) ? sandbox?.id : undefined;
  }

  /** One turn soon, however often it is asked for. */
  wake(): void {
    if (!this.isStarted || this.isWoken || this.lifetime.signal.aborted) return;
    this.isWoken = true;
    queueMicrotask(() => {
      this.isWoken = false;
      if (!this.lifetime.signal.aborted) this.turn();
    });
  }

  private turn(): void {
    const nowMs = this.env.clock.now();
    const { pod, observed } = this.record;
    const deadlineMs = this.considerDeadline(nowMs);
    if (this.aim.isToRun && hasRunItsCourse(pod, observed)) {
      this.logger.info({}, 'pod has run its course');
      this.aim.move({ type: 'halt', graceSeconds: graceOf(pod) });
    }
    const renewAtMs = this.renewVolumes(nowMs);
    if (this.aim.isToRun) this.probes.follow((container) => this.underWay.has(`container/${container}`));
    else this.probes.stop();

    const { steps, wakeAtMs } = plan({ pod, goal: this.aim.goal, observed, facts: this.facts(nowMs) });
    // How a pod ended is told before what is left of it goes, also of one that goes itself: somebody may hold it for that.
    if (this.aim.goal.type === 'remove') this.publish(nowMs);
    for (const step of steps) this.carryOut(step);
    this.publish(nowMs);
    this.sleepUntil([wakeAtMs, deadlineMs, renewAtMs, this.holds.nextReleaseMs()], nowMs);
  }

  private carryOut(step: Step): void {
    const key = keyOf(step);
    if (this.underWay.has(key) || this.holds.isHeld(key) || this.mustWait(step)) return;
    this.underWay.add(key);
    if (this.aim.goal.type === 'remove' && step.kind === 'removeContainer') this.isVanishing = true;
    this.logger.debug({ step }, 'step begun');
    void this.env.inFlight.track(this.execute(step, key));
  }

  /** What is being made must be known before the rest is cleared away, or it would be left behind. */
  private mustWait(step: Step): boolean {
    const isClearing = step.kind === 'removeContainer' || step.kind === 'removeSandbox' || step.kind === 'cleanUp';
    if (!isClearing || this.aim.isToRun) return false;
    return [...this.underWay].some((key) => key.startsWith('container/') || isMaking.has(key));
  }

  private async execute(step: Step, key: string): Promise<void> {
    const context: StepContext = {
      env: this.env,
      record: this.record,
      signal: this.aim.signal,
      emit: (event, container) => this.emit(event, container),
      changed: () => this.wake(),
    };
    try {
      await perform(step, context);
      this.holds.release(key);
      if (step.kind === 'cleanUp') return this.vanish();
    } catch (error) {
      if (!this.lifetime.signal.aborted) await this.recover(step, key, error);
    } finally {
      this.underWay.delete(key);
    }
    this.wake();
  }

  /** A step failed for a reason that is not the container's own: it is held back, and what was believed is checked. */
  private async recover(step: Step, key: string, error: unknown): Promise<void> {
    const isAborted = this.aim.signal.aborted && step.kind !== 'stopContainer';
    if (!isAborted) this.logger.warn({ step: step.kind, error }, 'step failed, tried again later');
    this.holds.hold(key);
    const isMisjudged = error instanceof RuntimeError && (error.kind === 'NotFound' || error.kind === 'AlreadyExists');
    if (!isMisjudged) return;
    const { uid } = this.record.pod.metadata;
    const { sandboxes, containers } = await this.env.runtime.list().catch(() => this.record.observed);
    const isOwn = ({ pod }: { pod: { uid: string } }): boolean => pod.uid === uid;
    this.record.replaceObserved({ sandboxes: sandboxes.filter(isOwn), containers: containers.filter(isOwn) });
  }

  /** Has volumes made anew whose content is due, and says when that will be next. */
  private renewVolumes(nowMs: number): number | undefined {
    const { uid } = this.record.pod.metadata;
    const renewAtMs = this.aim.isToRun ? this.env.volumes.renewAtMs(uid) : undefined;
    if (renewAtMs === undefined || nowMs < renewAtMs) return renewAtMs;
    if (this.record.volumesMade === this.record.volumesWanted) this.record.volumesWanted += 1;
    return undefined;
  }

  private vanish(): void {
    this.logger.info({}, 'pod is gone from this node');
    this.release();
    const { pod } = this.record;
    if (pod.metadata.deletionTimestamp !== undefined) this.env.reportTerminated(identityOf(pod));
    this.options.onGone(pod);
  }

  /** When the pod must end, if it ever must. */
  private considerDeadline(nowMs: number): number | undefined {
    const { activeDeadlineSeconds } = this.record.pod.spec;
    if (activeDeadlineSeconds === undefined || !this.aim.isToRun) return undefined;
    const deadlineMs = this.startTimeMs + activeDeadlineSeconds * 1000;
    if (nowMs < deadlineMs) return deadlineMs;
    this.condemn(events.deadlineExceeded(), graceOf(this.record.pod));
    return undefined;
  }

  /** Says so in an Event, whose words stand in the status too unless that has its own. */
  private condemn(event: events.PodEvent, graceSeconds: number, message = event.message): void {
    if (!this.aim.isToRun) return;
    this.emit(event);
    this.aim.condemn({ reason: event.reason, message }, graceSeconds);
    this.wake();
  }

  private publish(nowMs: number): void {
    const { pod, observed, podIps } = this.record;
    const { verdict } = this.aim;
    const wasSeen = observed.sandboxes.length + observed.containers.length > 0;
    if (this.isVanishing || (this.aim.goal.type === 'remove' && !wasSeen)) return;
    const status = podStatusOf({
      pod,
      observed,
      facts: this.facts(nowMs),
      isEnding: !this.aim.isToRun,
      ...(verdict === undefined ? {} : { verdict }),
      podIps: pod.spec.hostNetwork === true && wasSeen ? this.env.node.hostIps : podIps,
      hostIps: this.env.node.hostIps,
      startTimeMs: this.startTimeMs,
      runtimeName: this.env.runtimeName,
      resizeProblems: this.record.resizeProblems,
      reported: this.lastStatus,
    });
    if (isDeepStrictEqual(status, this.lastStatus)) return;
    this.noteBackOffs(status);
    this.lastStatus = status;
    this.env.reportStatus({ ...identityOf(pod), status });
  }

  private facts(nowMs: number) {
    return this.record.facts(nowMs, resizeFacts(this.env, this.record));
  }

  private noteBackOffs(status: PodStatus): void {
    const isBackingOff = (of: PodStatus | undefined, name: string): boolean =>
      [...(of?.initContainerStatuses ?? []), ...(of?.containerStatuses ?? [])].some(
        (container) => container.name === name && container.state?.waiting?.reason === 'CrashLoopBackOff',
      );
    for (const { name } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])])
      if (isBackingOff(status, name) && !isBackingOff(this.lastStatus, name))
        this.emit(events.backOff(name, identityOf(this.record.pod)), name);
  }

  private sleepUntil(times: readonly (number | undefined)[], nowMs: number): void {
    this.cancelTimer();
    const known = times.filter((time): time is number => time !== undefined);
    if (known.length === 0 || this.lifetime.signal.aborted) return;
    this.cancelTimer = this.env.clock.setTimeout(() => this.wake(), Math.max(0, Math.min(...known) - nowMs));
  }

  /** A step of our own on that very thing is under way, and looks for itself when it is done. */
  private isUnderWay(event: Exclude<RuntimeEvent, { type: 'engine' }>): boolean {
    if (event.action === 'died' || event.action === 'oom') return false;
    return this.underWay.has(event.type === 'sandbox' ? 'sandbox' : `container/${event.name ?? ''}`);
  }

  private emit(event: events.PodEvent | undefined, container?: string): void {
    if (event === undefined) return;
    const { pod } = this.record;
    const fieldPath = container === undefined ? undefined : fieldPathOf(pod.spec, container);
    this.env.reportEvent({
      pod: { ...identityOf(pod), ...(fieldPath === undefined ? {} : { fieldPath }) },
      ...event,
    });
  }
}

/** Where in the pod's spec a container stands, as Events name it. */
function fieldPathOf(spec: PodSpec, container: string): string | undefined {
  const lists = ['initContainers', 'containers', 'ephemeralContainers'] as const;
  const list = lists.find((each) => (spec[each] ?? []).some(({ name }) => name === container));
  return list === undefined ? undefined : `spec.${list}{${container}}`;
}

function perform<Kind extends Step['kind']>(step: Extract<Step, { kind: Kind }>, context: StepContext): Promise<void> {
  const execute = executors[step.kind as Kind];
  return execute(step, context);
}
