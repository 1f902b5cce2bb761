import type { Pod } from '../../../shared/api/objects';
import { isReady, readySinceMs } from './pod-state';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES = ['Pending', 'Unknown', 'Running'];
const NANOS_PER_MS = 1_000_000;

export interface DeletionContext {
  /** Ready pods are by default. */
  readonly isAvailable?: (pod: Pod) => boolean;
  /** The active pods that a node is crowded with: the same by default. */
  readonly neighbours?: readonly Pod[];
  /** With it, ages within a doubling of each other are alike, and the uid decides: whose turn it is, is by chance then. */
  readonly nowMs?: number;
}

/** Negative: the first goes before the second. */
type Criterion = (a: Pod, b: Pod) => number;

/**
 * The pods in the order in which they are given up (ActivePodsWithRanks of kubernetes/pkg/controller): unscheduled
 * before scheduled, pending before running, unready before ready, cheap before costly, crowded nodes before empty ones,
 * short ready before long ready, often restarted before rarely, young before old. Beyond Kubernetes, what is ready but not
 * yet available goes before what is available: a rollout that gives up pods that serve nobody yet means those.
 */
export function inDeletionOrder(pods: readonly Pod[], context: DeletionContext = {}): readonly Pod[] {
  const { isAvailable = isReady, neighbours = pods, nowMs } = context;
  const perNode = new Map<string, number>();
  for (const pod of neighbours) perNode.set(nodeOf(pod), (perNode.get(nodeOf(pod)) ?? 0) + 1);
  const criteria: readonly Criterion[] = [
    by((pod) => (nodeOf(pod) === '' ? 0 : 1)),
    by(({ status }) => PHASES.indexOf(status?.phase ?? 'Pending')),
    by((pod) => (isReady(pod) ? 1 : 0)),
    by((pod) => (isAvailable(pod) ? 1 : 0)),
    by(costOf),
    by((pod) => -(perNode.get(nodeOf(pod)) ?? 0)),
    youngFirst(readySinceMs, nowMs),
    by((pod) => -restartsOf(pod, 'containerStatuses')),
    by((pod) => -restartsOf(pod, 'initContainerStatuses')),
    youngFirst(({ metadata }) => Date.parse(metadata.creationTimestamp), nowMs),
  ];
  return [...pods].sort((a, b) => {
    for (const criterion of criteria) {
      const difference = criterion(a, b);
      if (difference !== 0) return difference;
    }
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });
}

const by =
  (figure: (pod: Pod) => number): Criterion =>
  (a, b) =>
    figure(a) - figure(b);

function youngFirst(sinceMs: (pod: Pod) => number | undefined, nowMs: number | undefined): Criterion {
  return (a, b) => {
    const [one, other] = [sinceMs(a), sinceMs(b)];
    if (one === undefined || other === undefined || one === other) return 0;
    if (nowMs === undefined) return other - one;
    const difference = doublings(nowMs - one) - doublings(nowMs - other);
    return difference === 0 ? (a.metadata.uid < b.metadata.uid ? -1 : 1) : difference;
  };
}

/** How often an age has doubled since its first nanosecond; -1 where it is none. */
const doublings = (ageMs: number): number => (ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * NANOS_PER_MS)));

const nodeOf = ({ spec }: Pod): string => spec.nodeName ?? '';
const restartsOf = ({ status }: Pod, of: 'containerStatuses' | 'initContainerStatuses'): number =>
  (status?.[of] ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount), 0);

function costOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST] ?? '0';
  return /^-?\d{1,10}$/.test(text) ? Number(text) : 0;
}
