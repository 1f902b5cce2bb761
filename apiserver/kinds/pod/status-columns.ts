import type { ContainerStatus, Pod } from '../../../shared/api/objects';
import { humanDuration } from '../../../shared/human-duration';
import { isSidecar } from '../../../shared/pod/pod-resources';

export interface PodSummary {
  /** `1/2`. */
  readonly ready: string;
  /** What `kubectl get pods` calls STATUS: the phase, or the most telling reason. */
  readonly status: string;
  /** `3 (5m ago)`. */
  readonly restarts: string;
}

interface Tally {
  readonly restarts: number;
  readonly lastMs: number;
}
const nothing: Tally = { restarts: 0, lastMs: 0 };

const counted = (tally: Tally, { restartCount, lastState }: ContainerStatus): Tally => ({
  restarts: tally.restarts + restartCount,
  lastMs: Math.max(tally.lastMs, Date.parse(lastState?.terminated?.finishedAt ?? '') || 0),
});

/** As `printPod` of kubernetes/pkg/printers/internalversion. */
export function summarise(pod: Pod, nowMs: number): PodSummary {
  const initial = summariseInit(pod);
  const isInitialised = initial.reason === undefined || hasCondition(pod, 'Initialized');
  const main = isInitialised ? summariseMain(pod, initial.sidecars) : undefined;
  const total = pod.spec.containers.length + (pod.spec.initContainers ?? []).filter(isSidecar).length;
  const { restarts, lastMs } = main?.tally ?? initial.tally;
  const reason = main?.reason ?? initial.reason ?? phaseReason(pod);
  return {
    ready: `${initial.ready + (main?.ready ?? 0)}/${total}`,
    status: deletionReason(pod) ?? settled(pod, reason, main?.hasRunning === true),
    restarts: restarts > 0 && lastMs > 0 ? `${restarts} (${humanDuration(nowMs - lastMs)} ago)` : `${restarts}`,
  };
}

function phaseReason({ status }: Pod): string {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.reason === 'SchedulingGated') return 'SchedulingGated';
  return (status?.reason ?? '') === '' ? (status?.phase ?? 'Unknown') : (status?.reason ?? '');
}

const hasCondition = ({ status }: Pod, wanted: string): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === wanted && value === 'True') === true;

interface InitSummary {
  /** Why the pod is not initialised yet; undefined when nothing is left to do. */
  readonly reason: string | undefined;
  readonly ready: number;
  readonly tally: Tally;
  readonly sidecars: Tally;
}

function summariseInit(pod: Pod): InitSummary {
  const containers = pod.spec.initContainers ?? [];
  let tally = nothing;
  let sidecars = nothing;
  let ready = 0;
  for (const [index, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    tally = counted(tally, status);
    const isSide = containers.some((container) => container.name === status.name && isSidecar(container));
    if (isSide) sidecars = counted(sidecars, status);
    const { terminated, waiting } = status.state ?? {};
    if (terminated?.exitCode === 0) continue;
    if (isSide && status.started === true) {
      ready += status.ready ? 1 : 0;
      continue;
    }
    const why =
      terminated !== undefined
        ? terminatedReason(terminated)
        : waiting?.reason !== undefined && waiting.reason !== '' && waiting.reason !== 'PodInitializing'
          ? waiting.reason
          : `${index}/${containers.length}`;
    return { reason: `Init:${why}`, ready, tally, sidecars };
  }
  return { reason: undefined, ready, tally, sidecars };
}

type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

function terminatedReason({ reason = '', signal = 0, exitCode }: Terminated): string {
  if (reason !== '') return reason;
  return signal !== 0 ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

interface MainSummary {
  readonly reason: string | undefined;
  readonly ready: number;
  readonly tally: Tally;
  readonly hasRunning: boolean;
}

function summariseMain(pod: Pod, sidecars: Tally): MainSummary {
  let reason: string | undefined;
  let tally = sidecars;
  let ready = 0;
  // From the last container to the first: the first one's reason is what shows.
  for (const status of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    tally = counted(tally, status);
    const { waiting, terminated, running } = status.state ?? {};
    if (waiting?.reason !== undefined && waiting.reason !== '') reason = waiting.reason;
    else if (terminated !== undefined) reason = terminatedReason(terminated);
    else if (status.ready && running !== undefined) ready += 1;
  }
  return { reason, ready, tally, hasRunning: ready > 0 };
}

/** A pod of which one container is done while another runs is running, not completed. */
function settled(pod: Pod, reason: string, hasRunning: boolean): string {
  if (reason !== 'Completed' || !hasRunning) return reason;
  return hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function deletionReason({ metadata, status }: Pod): string | undefined {
  if (metadata.deletionTimestamp === undefined) return undefined;
  if (status?.reason === 'NodeLost') return 'Unknown';
  return status?.phase === 'Succeeded' || status?.phase === 'Failed' ? undefined : 'Terminating';
}
