import type { Container, ContainerState, ContainerStatus } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import type { ObservedContainer, ObservedState } from '../runtime/runtime';
import { sameResources } from '../environment/resize';
import { attemptsOf, isExited, isRunning, latestOf } from '../plan/observed-pod';
import { findContainer, initContainersOf, isDone, isEphemeral, isSidecar, restartPolicyOf } from '../plan/pod-outline';
import { restartAllowedAtMs } from '../plan/crash-back-off';
import type { StatusInput } from './status-input';

export const LOCATION_LOST_MESSAGE = 'The container could not be located when the pod was terminated';
const STATUS_UNKNOWN_EXIT_CODE = 137;

type Exited = Extract<ObservedState, { phase: 'exited' }>;

/** `state` of each container as `kubectl get -o yaml` shows it. */
export function containerStatusOf(input: StatusInput, container: Container): ContainerStatus {
  const latest = latestOf(input.observed, container.name);
  const { state, lastState } = statesOf(input, container, latest);
  const isUp = state.running !== undefined;
  const started = isUp && latest !== undefined && input.facts.started.has(latest.id);
  return {
    name: container.name,
    state,
    lastState,
    ready: isReady(input, container, { latest, state, started }),
    started: isUp ? started : false,
    restartCount: restartCountOf(input, container),
    image: latest?.image ?? container.image ?? '',
    imageID: latest?.imageId ?? previousStatus(input, container)?.imageID ?? '',
    ...containerIdOf(input, container, latest),
    ...resourcesOf(input, container, latest),
    ...volumeMountsOf(container),
  };
}

/** No mount is read-only further down than it says itself. */
function volumeMountsOf({ volumeMounts = [] }: Container): Pick<ContainerStatus, 'volumeMounts'> {
  if (volumeMounts.length === 0) return {};
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

/** Nothing probes an ephemeral container, so that it is neither started nor ready. */
export function ephemeralStatusOf(input: StatusInput, name: string): readonly ContainerStatus[] {
  const container = findContainer(input.pod.spec, name);
  if (container === undefined) return [];
  const { started: _started, ...status } = containerStatusOf(input, container);
  return [{ ...status, ready: false }];
}

/** What a container that runs has been given: what it asks for, or what it had before while that cannot be. */
function resourcesOf(
  input: StatusInput,
  container: Container,
  latest: ObservedContainer | undefined,
): Pick<ContainerStatus, 'resources' | 'allocatedResources'> {
  const { resources } = container;
  if (resources === undefined || !isRunning(latest)) return {};
  const { requests } = resources;
  if (isResized(input, container, latest))
    return { resources, ...(requests === undefined ? {} : { allocatedResources: requests }) };
  const { resources: before, allocatedResources } = previousStatus(input, container) ?? {};
  return {
    ...(before === undefined ? {} : { resources: before }),
    ...(allocatedResources === undefined ? {} : { allocatedResources }),
  };
}

/** True where a container has what its pod asks for now. */
export function isResized({ facts }: StatusInput, { name }: Container, latest: ObservedContainer | undefined): boolean {
  const wanted = facts.resources.get(name);
  return wanted === undefined || latest?.resources === undefined || sameResources(latest.resources, wanted);
}

const containerIdOf = (
  input: StatusInput,
  container: Container,
  latest: ObservedContainer | undefined,
): { containerID?: string } => {
  // One that was never started has no place in a status.
  const shown = latest?.state.phase === 'created' ? attemptsOf(input.observed, container.name)[1] : latest;
  const containerID =
    shown === undefined ? previousStatus(input, container)?.containerID : `${input.runtimeName}://${shown.id}`;
  return containerID === undefined ? {} : { containerID };
};

function previousStatus({ pod, reported }: StatusInput, { name }: Container): ContainerStatus | undefined {
  const status = reported ?? pod.status ?? {};
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  const all = [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses];
  return all.find((container) => container.name === name);
}

function restartCountOf(input: StatusInput, container: Container): number {
  const ofEngine = input.facts.attempts.get(container.name) ?? 0;
  return Math.max(ofEngine, previousStatus(input, container)?.restartCount ?? 0);
}

function statesOf(
  input: StatusInput,
  container: Container,
  latest: ObservedContainer | undefined,
): { state: ContainerState; lastState: ContainerState } {
  const [, ...older] = attemptsOf(input.observed, container.name);
  const lastDead = older.find((attempt) => isExited(attempt));
  const lastState = lastDead?.state.phase === 'exited' ? terminated(input, lastDead, lastDead.state) : {};
  if (latest === undefined) return { state: missing(input, container), lastState };
  switch (latest.state.phase) {
    case 'created':
      return { state: waiting(input, container), lastState };
    case 'running':
      return { state: { running: { startedAt: toTimestamp(latest.state.startedAtMs) } }, lastState };
    case 'exited': {
      const ended = terminated(input, latest, latest.state);
      if (input.isEnding || !isToRestart(input, container, latest.state)) return { state: ended, lastState };
      const held = heldBack(input, container, latest, latest.state);
      // Between exit and an immediate restart, what ended is still the container's state.
      return held === undefined ? { state: ended, lastState } : { state: held, lastState: ended };
    }
  }
}

function isToRestart(input: StatusInput, container: Container, state: Exited): boolean {
  const { pod, observed } = input;
  if (isSidecar(container)) return true;
  if (isEphemeral(pod.spec, container.name)) return false;
  if (initContainersOf(pod.spec).includes(container))
    return state.exitCode !== 0 && restartPolicyOf(pod.spec) !== 'Never';
  return !isDone(pod, observed, container);
}

function heldBack(
  input: StatusInput,
  container: Container,
  latest: ObservedContainer,
  state: Exited,
): ContainerState | undefined {
  const { facts, pod } = input;
  const backOff = facts.backOffs.get(container.name);
  const trouble = facts.troubles.get(container.name);
  if (restartAllowedAtMs(backOff, state.finishedAtMs, latest.specHash) > facts.nowMs && backOff !== undefined) {
    const { name, namespace, uid } = pod.metadata;
    const message = `back-off ${formatSeconds(backOff.delayMs)} restarting failed container=${container.name} pod=${name}_${namespace}(${uid})`;
    return { waiting: { reason: 'CrashLoopBackOff', message } };
  }
  return trouble === undefined ? undefined : { waiting: { reason: trouble.reason, message: trouble.message } };
}

/** As Go prints a duration: `10s`, `1m20s`, `5m0s`. */
export function formatSeconds(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
}

function missing(input: StatusInput, container: Container): ContainerState {
  const wasThere = previousStatus(input, container);
  // Nothing will be put in its place.
  const isOver = input.isEnding || isEphemeral(input.pod.spec, container.name);
  if (isOver && wasThere?.state?.terminated !== undefined) return { terminated: wasThere.state.terminated };
  if (isOver && wasThere?.containerID !== undefined) {
    return {
      terminated: {
        exitCode: STATUS_UNKNOWN_EXIT_CODE,
        reason: 'ContainerStatusUnknown',
        message: LOCATION_LOST_MESSAGE,
      },
    };
  }
  return waiting(input, container);
}

function waiting({ pod, facts }: StatusInput, container: Container): ContainerState {
  const trouble = facts.troubles.get(container.name);
  if (trouble !== undefined) return { waiting: { reason: trouble.reason, message: trouble.message } };
  const hasInit = initContainersOf(pod.spec).length > 0;
  return { waiting: { reason: hasInit ? 'PodInitializing' : 'ContainerCreating' } };
}

function terminated({ facts, runtimeName }: StatusInput, container: ObservedContainer, state: Exited): ContainerState {
  const message = state.error ?? facts.terminationMessages.get(container.id);
  return {
    terminated: {
      exitCode: state.exitCode,
      reason: terminationReason(state),
      ...(message === undefined || message === '' ? {} : { message }),
      startedAt: toTimestamp(state.startedAtMs),
      finishedAt: toTimestamp(state.finishedAtMs),
      containerID: `${runtimeName}://${container.id}`,
    },
  };
}

function terminationReason(state: Exited): string {
  if (state.oomKilled) return 'OOMKilled';
  if (state.error !== undefined && state.error !== '') return 'StartError';
  return state.exitCode === 0 ? 'Completed' : 'Error';
}

function isReady(
  input: StatusInput,
  container: Container,
  seen: { latest: ObservedContainer | undefined; state: ContainerState; started: boolean },
): boolean {
  const isInit = initContainersOf(input.pod.spec).includes(container);
  if (isInit && !isSidecar(container)) return seen.state.terminated?.exitCode === 0;
  if (seen.latest === undefined || seen.state.running === undefined || !seen.started) return false;
  return container.readinessProbe === undefined || input.facts.ready.has(seen.latest.id);
}
