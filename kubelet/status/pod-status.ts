import type { PodStatus } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { qosClassOf } from '../../shared/pod/qos-class';
import { currentSandbox, isRunning, latestOf } from '../plan/observed-pod';
import { ephemeralContainersOf, initContainersOf } from '../plan/pod-outline';
import type { ConditionInput } from './conditions';
import { RESIZE_CONDITIONS, conditionsOf } from './conditions';
import { containerStatusOf, ephemeralStatusOf, isResized } from './container-status';
import { phaseOf } from './phase';
import type { StatusInput } from './status-input';

/** A pod's status as Kubernetes' kubelet reports it. Times carry over from what this agent reported last. */
export function podStatusOf(input: StatusInput): PodStatus {
  const { pod, verdict, podIps, hostIps, reported } = input;
  const known = pod.status ?? {};
  const init = initContainersOf(pod.spec).map((container) => containerStatusOf(input, container));
  const app = pod.spec.containers.map((container) => containerStatusOf(input, container));
  const ephemeral = ephemeralContainersOf(pod.spec).flatMap(({ name }) => ephemeralStatusOf(input, name));
  const ofContainers = phaseOf(pod, { init, app }, input.isEnding);
  const isAlive = [...init, ...app].some((status) => status.state?.running !== undefined);
  const phase = verdict !== undefined && !isAlive ? 'Failed' : ofContainers;
  const conditions = conditionsOf({
    pod,
    phase,
    init,
    app,
    hasSandbox: isRunning(currentSandbox(input.observed)),
    previous: mergeConditions(known.conditions ?? [], reported?.conditions ?? []),
    nowMs: input.facts.nowMs,
    ...resizeOf(input),
  });
  const { generation } = pod.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    phase,
    ...(verdict === undefined ? {} : { reason: verdict.reason, message: verdict.message }),
    conditions,
    ...(hostIps[0] === undefined ? {} : { hostIP: hostIps[0], hostIPs: hostIps.map((ip) => ({ ip })) }),
    ...(podIps[0] === undefined ? {} : { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
    startTime: toTimestamp(input.startTimeMs),
    ...(init.length === 0 ? {} : { initContainerStatuses: init }),
    containerStatuses: app,
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: ephemeral }),
    qosClass: known.qosClass ?? qosClassOf(pod.spec),
  };
}

function resizeOf(input: StatusInput): Pick<ConditionInput, 'resize'> {
  const { pod, observed, resizeProblems } = input;
  const { resizeObstacle } = input.facts;
  if (input.isEnding) return {};
  const behind = pod.spec.containers.filter((container) => {
    const latest = latestOf(observed, container.name);
    return isRunning(latest) && !isResized(input, container, latest);
  });
  if (behind.length === 0) return {};
  if (resizeObstacle !== undefined) return { resize: { type: 'PodResizePending', isTrue: true, ...resizeObstacle } };
  const message = behind.flatMap(({ name }) => resizeProblems?.get(name) ?? []).join('; ');
  const why = message === '' ? {} : { reason: 'Error', message };
  return { resize: { type: 'PodResizeInProgress', isTrue: true, ...why } };
}

type Conditions = NonNullable<PodStatus['conditions']>;

const OWN_CONDITIONS = [
  ...['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady'],
  ...RESIZE_CONDITIONS,
];

/** Others' conditions as the server has them, our own as last reported. */
const mergeConditions = (ofServer: Conditions, reported: Conditions): Conditions => {
  const own = reported.filter(({ type }) => OWN_CONDITIONS.includes(type));
  return [...own, ...ofServer.filter(({ type }) => !own.some((condition) => condition.type === type))];
};
