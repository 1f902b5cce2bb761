/**
 * What to do about a pod, from what is wanted and what is seen: pure, engine-free, and level-triggered. Planning
 * the same state twice gives the same steps; carrying them out in any order leads to a state whose plan is empty.
 */
import { graceSecondsOf } from '../../shared/pod/grace';
import type { Container, Pod } from '../../shared/api/objects';
import type { ResizeObstacle } from '../environment/resize';
import { needsRestart, sameResources } from '../environment/resize';
import type { AdjustableResources, ContainerId, ObservedContainer, ObservedSandbox } from '../runtime/runtime';
import type { CrashBackOff } from './crash-back-off';
import { restartAllowedAtMs } from './crash-back-off';
import type { ObservedPod } from './observed-pod';
import { attemptsOf, currentSandbox, isExited, isRunning, latestIn } from './observed-pod';
import {
  ephemeralContainersOf,
  findContainer,
  hasRunItsCourse,
  initContainersOf,
  isDone,
  isSidecar,
  restartPolicyOf,
  restartsAfterExit,
  specHashOf,
} from './pod-outline';
import type { Plan, Step, StopReason } from './step';
import { planStop } from './plan-stop';

/** What a pod is headed for. Goals only move forward: run, halt, remove. */
export type Goal =
  | { readonly type: 'run' }
  /** Ends for good; the dead containers stay for their logs. */
  | { readonly type: 'halt'; readonly graceSeconds: number }
  /** Ends and leaves nothing behind. */
  | { readonly type: 'remove'; readonly graceSeconds: number };

/** A failed attempt at something, not to be repeated before `retryAtMs`. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
  readonly retryAtMs: number;
}

/** What the plan needs to know beside the engine's view. */
export interface PodFacts {
  readonly nowMs: number;
  readonly volumesReady: boolean;
  /** Container name -> the attempt for which its image is known to be there. */
  readonly imagesReady: ReadonlyMap<string, number>;
  /** Container name -> the highest attempt ever seen, also of containers that are gone. */
  readonly attempts: ReadonlyMap<string, number>;
  readonly sandboxAttempt?: number;
  readonly troubles: ReadonlyMap<string, Trouble>;
  readonly backOffs: ReadonlyMap<string, CrashBackOff>;
  /** Containers whose postStart hook and startup probe are through. */
  readonly started: ReadonlySet<ContainerId>;
  readonly unhealthy: ReadonlyMap<ContainerId, { readonly reason: StopReason; readonly graceSeconds?: number }>;
  /** Container name -> what it is to have. */
  readonly resources: ReadonlyMap<string, AdjustableResources>;
  /** Why containers that run with something else keep it for now. */
  readonly resizeObstacle?: ResizeObstacle;
  /** Containers whose definition needs the pod's address, so that they wait for the sandbox. */
  readonly needsAddress: ReadonlySet<string>;
}

export interface PlanInput {
  readonly pod: Pod;
  readonly goal: Goal;
  readonly observed: ObservedPod;
  readonly facts: PodFacts;
}

export function plan(input: PlanInput): Plan {
  const { pod, goal, observed } = input;
  switch (goal.type) {
    case 'run':
      return hasRunItsCourse(pod, observed)
        ? planStop(input, { graceSeconds: graceOf(pod), leaveRemains: true, reason: 'podFinished' })
        : new RunPlanner(input).plan();
    case 'halt':
      return planStop(input, { graceSeconds: goal.graceSeconds, leaveRemains: true, reason: 'podTerminating' });
    case 'remove':
      return planStop(input, { graceSeconds: goal.graceSeconds, leaveRemains: false, reason: 'podTerminating' });
  }
}

export const graceOf = ({ spec }: Pod): number => graceSecondsOf(spec);

const RESIZE_RETRY_MS = 10_000;

class RunPlanner {
  private readonly steps: Step[] = [];
  private wakeAtMs: number | undefined;
  private readonly sandbox: ObservedSandbox | undefined;

  constructor(private readonly input: PlanInput) {
    this.sandbox = currentSandbox(input.observed);
  }

  plan(): Plan {
    const { facts } = this.input;
    if (!facts.volumesReady) this.steps.push({ kind: 'prepareVolumes' });
    this.planRemains();
    if (this.planSandbox()) {
      this.planEphemeralContainers();
      this.planContainers();
    }
    return { steps: this.steps, ...(this.wakeAtMs === undefined ? {} : { wakeAtMs: this.wakeAtMs }) };
  }

  /** Of each container the newest attempt and the newest dead one before it stay; no second one may live. */
  private planRemains(): void {
    const names = new Set(this.input.observed.containers.map((container) => container.name));
    for (const name of names) {
      const [, ...older] = attemptsOf(this.input.observed, name);
      const keptForLogs = older.find((container) => isExited(container));
      for (const container of older) {
        if (isRunning(container)) this.stop(container, 'superseded');
        else if (container !== keptForLogs) this.steps.push({ kind: 'removeContainer', id: container.id });
      }
    }
  }

  /** True when containers may be created in the current sandbox. */
  private planSandbox(): boolean {
    const { observed, facts } = this.input;
    const usable = this.sandbox !== undefined && !isExited(this.sandbox) ? this.sandbox : undefined;
    const stranded = observed.containers.filter(
      (container) => container.sandboxId !== usable?.id && !isExited(container),
    );
    for (const container of stranded) {
      if (isRunning(container)) this.stop(container, 'sandboxChanged');
      else this.steps.push({ kind: 'removeContainer', id: container.id });
    }
    for (const old of observed.sandboxes) {
      if (old.id !== usable?.id && stranded.every((container) => container.sandboxId !== old.id))
        this.steps.push({ kind: 'removeSandbox', id: old.id });
    }
    if (usable === undefined) {
      // Only once the old one is gone: its published ports must be free.
      if (observed.sandboxes.length === 0 && stranded.length === 0)
        this.steps.push({ kind: 'createSandbox', attempt: (facts.sandboxAttempt ?? -1) + 1 });
      return false;
    }
    if (usable.state.phase === 'created') this.steps.push({ kind: 'startSandbox', id: usable.id });
    return true;
  }

  /** Whatever state the others are in: that may be what they are to find out about. */
  private planEphemeralContainers(): void {
    const { pod, observed, facts } = this.input;
    for (const { name } of ephemeralContainersOf(pod.spec)) {
      const container = findContainer(pod.spec, name);
      const wasMade = facts.attempts.has(name) && latestIn(observed, this.sandbox, name) === undefined;
      if (container !== undefined && !wasMade) this.planContainer(container, () => false);
    }
  }

  private planContainers(): void {
    const { pod, observed } = this.input;
    const initialized = pod.spec.containers.some(
      (container) => latestIn(observed, this.sandbox, container.name) !== undefined,
    );
    for (const container of initContainersOf(pod.spec)) {
      if (isSidecar(container)) {
        this.planContainer(container, () => true);
        if (!initialized && !this.isUp(container)) return;
      } else if (!initialized && !this.hasSucceeded(container)) {
        // A failed init container of a Never pod ended the pod before; here it is retried.
        this.planContainer(container, (exitCode) => exitCode !== 0);
        return;
      }
    }
    const policy = restartPolicyOf(pod.spec);
    for (const container of pod.spec.containers) {
      if (!isDone(pod, observed, container))
        this.planContainer(container, (exitCode) => restartsAfterExit(policy, exitCode));
    }
  }

  private planContainer(container: Container, restarts: (exitCode: number) => boolean): void {
    const { observed, facts } = this.input;
    const latest = latestIn(observed, this.sandbox, container.name);
    if (latest === undefined) return this.launch(container);

    const isOutdated = latest.specHash !== specHashOf(container);
    const { state } = latest;
    switch (state.phase) {
      case 'created':
        if (isOutdated) this.steps.push({ kind: 'removeContainer', id: latest.id });
        else if (isRunning(this.sandbox) && !this.isHeldBack(facts.troubles.get(container.name)))
          this.steps.push({ kind: 'startContainer', id: latest.id, container: container.name });
        return;
      case 'running': {
        const unhealthy = facts.unhealthy.get(latest.id);
        if (isOutdated) this.stop(latest, 'definitionChanged');
        else if (unhealthy !== undefined) this.stop(latest, unhealthy.reason, unhealthy.graceSeconds);
        else this.planResize(container, latest);
        return;
      }
      case 'exited': {
        if (isOutdated) return this.launch(container);
        if (!restarts(state.exitCode)) return;
        const allowedAtMs = restartAllowedAtMs(facts.backOffs.get(container.name), state.finishedAtMs, latest.specHash);
        if (allowedAtMs > facts.nowMs) return this.wake(allowedAtMs);
        return this.launch(container, state.finishedAtMs);
      }
    }
  }

  private planResize(container: Container, latest: ObservedContainer): void {
    const { resources, resizeObstacle, nowMs } = this.input.facts;
    const wanted = resources.get(container.name);
    if (wanted === undefined || latest.resources === undefined || sameResources(latest.resources, wanted)) return;
    // What the other pods ask for changes without a word to this one.
    if (resizeObstacle !== undefined) return this.wake(nowMs + RESIZE_RETRY_MS);
    if (needsRestart(container, latest.resources, wanted)) this.stop(latest, 'resized');
    else this.steps.push({ kind: 'resizeContainer', id: latest.id, container: container.name, resources: wanted });
  }

  private launch(container: Container, exitedAtMs?: number): void {
    const { facts } = this.input;
    const { name } = container;
    const isStarting = this.sandbox !== undefined && !isRunning(this.sandbox);
    const attempt = (facts.attempts.get(name) ?? -1) + 1;
    if (this.sandbox === undefined || this.isHeldBack(facts.troubles.get(name))) return;
    if (facts.imagesReady.get(name) !== attempt) this.steps.push({ kind: 'ensureImage', container: name, attempt });
    else if (facts.volumesReady && !(isStarting && facts.needsAddress.has(name)))
      this.steps.push({
        kind: 'createContainer',
        sandboxId: this.sandbox.id,
        container: name,
        attempt,
        ...(exitedAtMs === undefined ? {} : { restartsAfterMs: exitedAtMs }),
      });
  }

  private hasSucceeded(container: Container): boolean {
    const latest = latestIn(this.input.observed, this.sandbox, container.name);
    return latest?.state.phase === 'exited' && latest.state.exitCode === 0;
  }

  private isUp(sidecar: Container): boolean {
    const latest = latestIn(this.input.observed, this.sandbox, sidecar.name);
    return latest !== undefined && isRunning(latest) && this.input.facts.started.has(latest.id);
  }

  private stop(container: ObservedContainer, reason: StopReason, graceSeconds = graceOf(this.input.pod)): void {
    this.steps.push({ kind: 'stopContainer', id: container.id, container: container.name, reason, graceSeconds });
  }

  private isHeldBack(trouble: Trouble | undefined): boolean {
    if (trouble === undefined || trouble.retryAtMs <= this.input.facts.nowMs) return false;
    this.wake(trouble.retryAtMs);
    return true;
  }

  private wake(atMs: number): void {
    this.wakeAtMs = Math.min(this.wakeAtMs ?? atMs, atMs);
  }
}
