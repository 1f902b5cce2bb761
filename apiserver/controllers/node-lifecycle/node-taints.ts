import type { NodeCondition, Taint } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import type { LivenessState } from '../../node-channel/liveness';

export const NOT_READY_TAINT = 'node.kubernetes.io/not-ready';
export const UNREACHABLE_TAINT = 'node.kubernetes.io/unreachable';
/** Keeps new pods away from a node whose connection closed, for the few seconds until it is back or given up. */
export const SUSPECT_TAINT = 'pinsetter.io/suspect';

type Effect = 'NoSchedule' | 'NoExecute';
interface Wanted {
  readonly key: string;
  readonly effect: Effect;
}

const PRESSURE_TAINTS: Readonly<Record<string, string>> = {
  MemoryPressure: 'node.kubernetes.io/memory-pressure',
  DiskPressure: 'node.kubernetes.io/disk-pressure',
  PIDPressure: 'node.kubernetes.io/pid-pressure',
  NetworkUnavailable: 'node.kubernetes.io/network-unavailable',
};
const UNSCHEDULABLE_TAINT = 'node.kubernetes.io/unschedulable';

const OWNED = new Set([
  NOT_READY_TAINT,
  UNREACHABLE_TAINT,
  SUSPECT_TAINT,
  UNSCHEDULABLE_TAINT,
  ...Object.values(PRESSURE_TAINTS),
]);

/** The taints a node should have: those that follow from its state, behind the ones others put there. */
export function taintsFor(
  current: readonly Taint[],
  facts: {
    readonly conditions: readonly NodeCondition[];
    readonly state: LivenessState;
    readonly isUnschedulable: boolean;
    /** Whether the pods of a node that is not ready are to leave it; else only no new ones come. */
    readonly isEvicting: boolean;
  },
  nowMs: number,
): readonly Taint[] {
  return [
    ...current.filter(({ key }) => !OWNED.has(key)),
    ...wantedTaints(facts).map(
      ({ key, effect }): Taint =>
        current.find((taint) => taint.key === key && taint.effect === effect) ?? {
          key,
          effect,
          // From when on tolerationSeconds count.
          ...(effect === 'NoExecute' ? { timeAdded: toTimestamp(nowMs) } : {}),
        },
    ),
  ];
}

function wantedTaints({
  conditions,
  state,
  isUnschedulable,
  isEvicting,
}: Parameters<typeof taintsFor>[1]): readonly Wanted[] {
  const wanted: Wanted[] = [];
  const ready = conditions.find(({ type }) => type === 'Ready')?.status;
  if (ready !== 'True') {
    const key = ready === 'Unknown' ? UNREACHABLE_TAINT : NOT_READY_TAINT;
    wanted.push({ key, effect: 'NoSchedule' }, ...(isEvicting ? [{ key, effect: 'NoExecute' } as const] : []));
  }
  if (state === 'suspect') wanted.push({ key: SUSPECT_TAINT, effect: 'NoSchedule' });
  if (isUnschedulable) wanted.push({ key: UNSCHEDULABLE_TAINT, effect: 'NoSchedule' });
  for (const { type, status } of conditions) {
    const key = PRESSURE_TAINTS[type];
    if (key !== undefined && status === 'True') wanted.push({ key, effect: 'NoSchedule' });
  }
  return wanted;
}

/** Whether the node's state has its pods leave already. */
export const isEvicted = (taints: readonly Taint[]): boolean =>
  taints.some(({ key, effect }) => effect === 'NoExecute' && (key === NOT_READY_TAINT || key === UNREACHABLE_TAINT));
