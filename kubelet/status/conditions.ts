import type { ContainerStatus, Pod, PodCondition } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { initContainersOf, isSidecar } from '../plan/pod-outline';
import type { Phase } from './phase';
import { isTerminalPhase } from './phase';

/** Of these a pod has one at most, and none while it has what it asks for. */
export const RESIZE_CONDITIONS: readonly string[] = ['PodResizePending', 'PodResizeInProgress'];

interface Finding {
  readonly type: string;
  readonly isTrue: boolean;
  readonly reason?: string;
  readonly message?: string;
}

export interface ConditionInput {
  readonly pod: Pod;
  readonly phase: Phase;
  readonly init: readonly ContainerStatus[];
  readonly app: readonly ContainerStatus[];
  readonly hasSandbox: boolean;
  readonly previous: readonly PodCondition[];
  readonly nowMs: number;
  readonly resize?: Finding;
}

/** The kubelet's own conditions with those of others (PodScheduled, readiness gates) kept as they were. */
export function conditionsOf(input: ConditionInput): PodCondition[] {
  const containersReady = containersReadyOf(input);
  const findings: Finding[] = [
    { type: 'PodReadyToStartContainers', isTrue: input.hasSandbox && !isTerminalPhase(input.phase) },
    initializedOf(input),
    readyOf(input, containersReady),
    containersReady,
    ...(input.resize === undefined ? [] : [input.resize]),
  ];
  const own = findings.map((finding) => toCondition(finding, input));
  const ownTypes = [...RESIZE_CONDITIONS, ...findings.map(({ type }) => type)];
  const foreign = input.previous.filter(({ type }) => !ownTypes.includes(type));
  return [...own, ...foreign];
}

function toCondition({ type, isTrue, reason, message }: Finding, input: ConditionInput): PodCondition {
  const status = isTrue ? 'True' : 'False';
  const before = input.previous.find((condition) => condition.type === type);
  const { generation } = input.pod.metadata;
  return {
    type,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    status,
    lastTransitionTime:
      before?.status === status && before.lastTransitionTime !== undefined
        ? before.lastTransitionTime
        : toTimestamp(input.nowMs),
    ...(reason === undefined ? {} : { reason }),
    ...(message === undefined || message === '' ? {} : { message }),
  };
}

const listed = (statuses: readonly { readonly name: string }[]): string =>
  `[${statuses.map(({ name }) => name).join(' ')}]`;

function initializedOf({ pod, phase, init, app }: ConditionInput): Finding {
  const type = 'Initialized';
  if (phase === 'Succeeded') return { type, isTrue: true, reason: 'PodCompleted' };
  const hasAppStarted = app.some((status) => status.state?.waiting === undefined || status.lastState?.terminated);
  const incomplete = initContainersOf(pod.spec).filter((container) => {
    const status = init.find(({ name }) => name === container.name);
    return isSidecar(container) ? status?.started !== true : status?.ready !== true;
  });
  if (incomplete.length === 0 || hasAppStarted) return { type, isTrue: true };
  return {
    type,
    isTrue: false,
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: ${listed(incomplete)}`,
  };
}

function containersReadyOf({ pod, phase, init, app }: ConditionInput): Finding {
  const type = 'ContainersReady';
  if (phase === 'Succeeded') return { type, isTrue: false, reason: 'PodCompleted' };
  if (phase === 'Failed') return { type, isTrue: false, reason: 'PodFailed' };
  const sidecars = initContainersOf(pod.spec).filter(isSidecar);
  const counted = [...init.filter((status) => sidecars.some(({ name }) => name === status.name)), ...app];
  const unready = counted.filter((status) => !status.ready);
  if (unready.length === 0) return { type, isTrue: true };
  return {
    type,
    isTrue: false,
    reason: 'ContainersNotReady',
    message: `containers with unready status: ${listed(unready)}`,
  };
}

function readyOf({ pod, previous }: ConditionInput, containersReady: Finding): Finding {
  if (!containersReady.isTrue) return { ...containersReady, type: 'Ready' };
  const unmet = (pod.spec.readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = previous.find(({ type }) => type === conditionType);
    if (condition === undefined)
      return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`];
    return condition.status === 'True'
      ? []
      : [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`];
  });
  return unmet.length === 0
    ? { type: 'Ready', isTrue: true }
    : { type: 'Ready', isTrue: false, reason: 'ReadinessGatesNotReady', message: unmet.join(', ') };
}
