import type { Pod } from '../../shared/api/objects';
import type { ContainerId, ObservedContainer, ObservedSandbox, ObservedState, SandboxId } from '../runtime/runtime';
import { environmentNeedsAddress } from '../environment/environment';
import type { CrashBackOff } from '../plan/crash-back-off';
import type { ObservedPod } from '../plan/observed-pod';
import { currentSandbox } from '../plan/observed-pod';
import type { PodFacts, Trouble } from '../plan/plan';
import { containersOf } from '../plan/pod-outline';
import type { StopReason } from '../plan/step';

const RANK: Record<ObservedState['phase'], number> = { created: 0, running: 1, exited: 2 };

/** An answer of the engine that was overtaken by a later one must not undo it; a restart of the same container is news. */
function isOlder(state: ObservedState, known: ObservedState): boolean {
  if (state.phase === 'running' && known.phase === 'exited') return state.startedAtMs <= known.startedAtMs;
  return RANK[state.phase] < RANK[known.phase];
}

/** All that one worker knows about its pod beside the goal. In memory only: a new agent learns it anew from labels. */
export class PodRecord {
  private readonly sandboxes = new Map<SandboxId, ObservedSandbox>();
  private readonly containers = new Map<ContainerId, ObservedContainer>();
  private readonly attempts = new Map<string, number>();
  private sandboxAttempt: number | undefined;

  readonly imagesReady = new Map<string, number>();
  readonly troubles = new Map<string, Trouble>();
  readonly backOffs = new Map<string, CrashBackOff>();
  readonly started = new Set<ContainerId>();
  readonly ready = new Set<ContainerId>();
  readonly unhealthy = new Map<ContainerId, { readonly reason: StopReason; readonly graceSeconds?: number }>();
  /** Containers whose preStop hook was begun: it runs once, however often they are told to stop. */
  readonly preStopped = new Set<ContainerId>();
  /** Container name -> why it does not have the resources it is to have. */
  readonly resizeProblems = new Map<string, string>();
  readonly terminationMessages = new Map<ContainerId, string>();
  podIps: readonly string[];
  /** Set when it was asked to take the pod out of all proxies. */
  withdrawal: Promise<void> | undefined;
  /** Goes up whenever the volumes' content may have changed. */
  volumesWanted = 1;
  volumesMade = 0;

  constructor(
    public pod: Pod,
    observed: ObservedPod,
  ) {
    this.podIps = (pod.status?.podIPs ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
    observed.sandboxes.forEach((sandbox) => this.observeSandbox(sandbox));
    observed.containers.forEach((container) => this.observeContainer(container));
    const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = pod.status ?? {};
    const statuses = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
    for (const status of statuses) {
      if (status.containerID !== undefined) this.noteAttempt(status.name, status.restartCount);
      const id = status.containerID?.replace(/^[^:]*:\/\//, '') ?? '';
      if (status.ready) this.ready.add(id);
      if (status.started === true) this.started.add(id);
    }
  }

  get observed(): ObservedPod {
    return { sandboxes: [...this.sandboxes.values()], containers: [...this.containers.values()] };
  }

  facts(
    nowMs: number,
    resize: Pick<PodFacts, 'resources' | 'resizeObstacle'>,
  ): PodFacts & {
    readonly ready: ReadonlySet<ContainerId>;
    readonly terminationMessages: ReadonlyMap<ContainerId, string>;
  } {
    const { spec } = this.pod;
    const waiting = containersOf(spec).filter(environmentNeedsAddress);
    return {
      nowMs,
      volumesReady: this.volumesMade === this.volumesWanted,
      imagesReady: this.imagesReady,
      attempts: this.attempts,
      ...(this.sandboxAttempt === undefined ? {} : { sandboxAttempt: this.sandboxAttempt }),
      troubles: this.troubles,
      backOffs: this.backOffs,
      started: this.started,
      unhealthy: this.unhealthy,
      ...resize,
      needsAddress: spec.hostNetwork === true ? new Set() : new Set(waiting.map(({ name }) => name)),
      ready: this.ready,
      terminationMessages: this.terminationMessages,
    };
  }

  observeSandbox(sandbox: ObservedSandbox): void {
    const known = this.sandboxes.get(sandbox.id);
    if (known !== undefined && isOlder(sandbox.state, known.state)) return;
    this.sandboxes.set(sandbox.id, sandbox);
    this.sandboxAttempt = Math.max(this.sandboxAttempt ?? 0, sandbox.attempt);
    if (sandbox.ips.length > 0 && currentSandbox(this.observed)?.id === sandbox.id) this.podIps = sandbox.ips;
  }

  observeContainer(container: ObservedContainer): void {
    const known = this.containers.get(container.id);
    if (known !== undefined && isOlder(container.state, known.state)) return;
    this.containers.set(container.id, container);
    this.noteAttempt(container.name, container.attempt);
  }

  container(id: ContainerId): ObservedContainer | undefined {
    return this.containers.get(id);
  }

  has(id: string): boolean {
    return this.containers.has(id) || this.sandboxes.has(id);
  }

  /** The engine no longer has it. */
  forget(id: string): void {
    this.sandboxes.delete(id);
    this.containers.delete(id);
    this.terminationMessages.delete(id);
    this.started.delete(id);
    this.ready.delete(id);
    this.unhealthy.delete(id);
    this.preStopped.delete(id);
  }

  /** What the engine has now is all there is. */
  replaceObserved(observed: ObservedPod): void {
    const present = new Set([...observed.sandboxes, ...observed.containers].map(({ id }) => id));
    for (const id of [...this.sandboxes.keys(), ...this.containers.keys()]) if (!present.has(id)) this.forget(id);
    observed.sandboxes.forEach((sandbox) => this.observeSandbox(sandbox));
    observed.containers.forEach((container) => this.observeContainer(container));
  }

  private noteAttempt(name: string, attempt: number): void {
    this.attempts.set(name, Math.max(this.attempts.get(name) ?? 0, attempt));
  }
}
