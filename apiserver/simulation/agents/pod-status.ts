import type { PodStatus } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import type { Remembered } from './machine';

export interface Observed {
  readonly isRunning: boolean;
  readonly isReady: boolean;
  readonly startedMs?: number;
  readonly readySinceMs?: number;
  readonly ip: string;
}

/** A pod's status as a kubelet reports it. Times are of the machine's wall clock. */
export function podStatusOf({ pod, end, restarts }: Remembered, observed: Observed, nowMs: number): PodStatus {
  const phase = end?.phase ?? (observed.isRunning || restarts > 0 ? 'Running' : 'Pending');
  const isReady = end === undefined && observed.isRunning && observed.isReady;
  const since = toTimestamp(isReady ? (observed.readySinceMs ?? nowMs) : nowMs);
  const condition = (type: string, isTrue: boolean) => ({
    type,
    status: isTrue ? 'True' : 'False',
    lastTransitionTime: since,
  });
  const [container] = pod.spec.containers;
  const ended = { exitCode: end?.exitCode ?? 1, reason: end?.phase === 'Succeeded' ? 'Completed' : 'Error' };
  const state =
    end !== undefined
      ? { terminated: { ...ended, startedAt: toTimestamp(nowMs), finishedAt: toTimestamp(nowMs) } }
      : observed.isRunning
        ? { running: { startedAt: toTimestamp(observed.startedMs ?? nowMs) } }
        : { waiting: { reason: restarts > 0 ? 'CrashLoopBackOff' : 'ContainerCreating' } };
  const isEvicted = end?.reason === 'Evicted';
  const target = { ...condition('DisruptionTarget', true), reason: 'TerminationByKubelet' };
  return {
    phase,
    ...(isEvicted ? { reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' } : {}),
    startTime: toTimestamp(nowMs),
    podIP: observed.ip,
    podIPs: [{ ip: observed.ip }],
    conditions: [
      condition('Initialized', true),
      condition('ContainersReady', isReady),
      condition('Ready', isReady),
      ...(isEvicted ? [target] : []),
    ],
    containerStatuses: [
      {
        name: container?.name ?? 'app',
        image: container?.image ?? '',
        imageID: '',
        ready: isReady,
        started: observed.isRunning,
        restartCount: restarts,
        state,
      },
    ],
  } as PodStatus;
}
