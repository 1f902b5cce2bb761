import type { NodeCondition } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import type { AgentCondition, NodeLiveness } from '../../node-channel/liveness';

/** What a kubelet that has nothing to complain about says. Reasons and messages: kubelet/nodestatus/setters.go. */
const HEALTHY: readonly AgentCondition[] = [
  {
    type: 'MemoryPressure',
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  {
    type: 'DiskPressure',
    status: 'False',
    reason: 'KubeletHasNoDiskPressure',
    message: 'kubelet has no disk pressure',
  },
  {
    type: 'PIDPressure',
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
];

/**
 * The conditions a node should have. A suspect node keeps those it had: it is not given up yet. Times change only where
 * something else does, so that a heartbeat alone never causes a write.
 */
export function conditionsFor(
  current: readonly NodeCondition[],
  liveness: NodeLiveness,
  nowMs: number,
): readonly NodeCondition[] {
  switch (liveness.state) {
    case 'awaited':
    case 'suspect':
      return current;
    case 'connected':
      return merge(current, overlay(HEALTHY, liveness.conditions), nowMs);
    case 'lost':
      return merge(current, lostConditions(current), nowMs);
  }
}

export const isReady = (conditions: readonly NodeCondition[] | undefined): boolean =>
  conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;

const STOPPED = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
const NEVER = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };

/** A condition that never came from a kubelet says so, also when asked again. */
function lostConditions(current: readonly NodeCondition[]): readonly AgentCondition[] {
  return HEALTHY.map(({ type }) => {
    const before = current.find((condition) => condition.type === type);
    const words = before === undefined || before.reason === NEVER.reason ? NEVER : STOPPED;
    return { type, status: 'Unknown', ...words };
  });
}

/** `base` with what `over` says instead; conditions only in `over` come behind. */
function overlay(base: readonly AgentCondition[], over: readonly AgentCondition[]): readonly AgentCondition[] {
  const said = new Map(over.map((condition) => [condition.type, condition]));
  const known = new Set(base.map(({ type }) => type));
  return [
    ...over.filter(({ type }) => !known.has(type)),
    ...base.map((condition) => said.get(condition.type) ?? condition),
  ];
}

/** Conditions of other writers stay; ours keep their transition time while their status stays. */
function merge(
  current: readonly NodeCondition[],
  wanted: readonly AgentCondition[],
  nowMs: number,
): readonly NodeCondition[] {
  const now = toTimestamp(nowMs);
  const types = new Set(wanted.map(({ type }) => type));
  return [
    ...current.filter(({ type }) => !types.has(type)),
    ...wanted.map((condition): NodeCondition => {
      const before = current.find(({ type }) => type === condition.type);
      const isSame =
        before?.status === condition.status &&
        before.reason === condition.reason &&
        before.message === condition.message;
      if (isSame) return before;
      const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now;
      return { ...condition, lastHeartbeatTime: now, lastTransitionTime };
    }),
  ];
}
