import type { DaemonSet, Pod } from '../../../shared/api/objects';
import { isReady } from '../workloads/pod-state';
import type { NodePods } from './node-pods';
import { isDeleting, isOfRevision, isOver } from './node-pods';

type IsAvailable = (pod: Pod) => boolean;

/** Pods to be ended, and nodes that get one. */
export interface DaemonPlan {
  readonly remove: readonly Pod[];
  readonly create: readonly string[];
}

const shareOf = (value: number | string, total: number): number =>
  typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * total) / 100);

const surgeOf = ({ spec }: DaemonSet, wanted: number): number => {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  return type === 'OnDelete' ? 0 : shareOf(rollingUpdate?.maxSurge ?? 0, wanted);
};

/**
 * What brings every node to one pod, whatever its revision (podsShouldBeOnNode of kubernetes/pkg/controller/daemon). Of what
 * ended the caller decides. With a surge a node may have two while the new one is not available and the old one is ready.
 */
export function placementPlan(
  set: DaemonSet,
  nodes: readonly NodePods[],
  { hash, isAvailable }: { readonly hash: string; readonly isAvailable: IsAvailable },
): DaemonPlan {
  const [remove, create]: [Pod[], string[]] = [[], []];
  const mayDouble = surgeOf(set, nodes.filter(({ shouldRun }) => shouldRun).length) > 0;
  for (const { node, shouldRun, mayStay, pods } of nodes) {
    const staying = pods.filter((pod) => !isDeleting(pod));
    if (!mayStay) remove.push(...staying);
    else if (shouldRun && pods.length === 0) create.push(node);
    else {
      const running = staying.filter((pod) => !isOver(pod));
      if (!mayDouble) remove.push(...running.slice(1));
      else if (running.length > 1) remove.push(...surplusOf(running, hash, isAvailable));
      else if (running.length === 0 && shouldRun && pods.every(isDeleting)) create.push(node);
    }
  }
  return { remove, create };
}

/** All but the oldest of each revision, and the old one where the new one is available or the old one is not even ready. */
function surplusOf(running: readonly Pod[], hash: string, isAvailable: IsAvailable): readonly Pod[] {
  const fresh = running.find((pod) => isOfRevision(pod, hash));
  const old = running.find((pod) => !isOfRevision(pod, hash));
  const others = running.filter((pod) => pod !== fresh && pod !== old);
  if (fresh === undefined || old === undefined) return others;
  return !isReady(old) || isAvailable(fresh) ? [...others, old] : others;
}

/**
 * The next step of a rolling update: old pods that are not available are replaced at once, the others as far as
 * maxUnavailable, or maxSurge, allows (rollingUpdate of kubernetes/pkg/controller/daemon/update.go).
 */
export function rollingPlan(
  set: DaemonSet,
  nodes: readonly NodePods[],
  { hash, isAvailable }: { readonly hash: string; readonly isAvailable: IsAvailable },
): DaemonPlan {
  const wanted = nodes.filter(({ shouldRun }) => shouldRun);
  const { maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {};
  const surge = surgeOf(set, wanted.length);
  const places = wanted.map(({ node, pods }) => {
    const fresh = pods.find((pod) => isOfRevision(pod, hash) && !isDeleting(pod));
    const old = pods.find((pod) => !isOfRevision(pod, hash) && !isDeleting(pod));
    return { node, fresh, old, isUp: [fresh, old].some((pod) => pod !== undefined && isAvailable(pod)) };
  });
  const dated = places.flatMap(({ node, fresh, old, isUp }) =>
    fresh === undefined && old !== undefined ? [{ node, old, isUp }] : [],
  );
  const down = dated.filter(({ isUp }) => !isUp);
  const up = dated.filter(({ isUp }) => isUp);
  if (surge > 0) {
    const doubled = places.filter(({ fresh, old }) => fresh !== undefined && old !== undefined && !isAvailable(fresh));
    const next = [...down, ...up.slice(0, Math.max(0, surge - doubled.length))];
    return { remove: [], create: next.map(({ node }) => node) };
  }
  const room = Math.max(1, shareOf(maxUnavailable, wanted.length)) - places.filter(({ isUp }) => !isUp).length;
  return { remove: [...down, ...up.slice(0, Math.max(0, room))].map(({ old }) => old), create: [] };
}
