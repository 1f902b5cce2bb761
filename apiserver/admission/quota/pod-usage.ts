import type { Container, Pod, PodSpec } from '../../../shared/api/objects';
import type { Resources } from '../../../shared/pod/pod-resources';
import { isSidecar, podLevelAmount, podLimits, podRequests } from '../../../shared/pod/pod-resources';
import type { Quantity } from '../../../shared/quantity';
import { compareQuantities, parseQuantity } from '../../../shared/quantity';

const COMPUTE: readonly string[] = ['cpu', 'memory', 'ephemeral-storage'];
const REQUESTS = 'requests.';
const LIMITS = 'limits.';
const HUGE_PAGES = 'hugepages-';
const ONE: Quantity = { nanos: 1_000_000_000n, format: 'decimal' };

/** Kubernetes asks for an explicit amount of these in every container as soon as a quota names them. */
const MUST_BE_GIVEN: readonly string[] = [
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
];

/** A resource that is neither Kubernetes' own nor a node's: `example.com/gpu`. */
const isExtended = (name: string): boolean => name.includes('/') && !name.includes('kubernetes.io/');

/** Whether pods take of what a quota names so. */
export function isPodQuotaName(name: string): boolean {
  const bare = name.startsWith(REQUESTS) ? name.slice(REQUESTS.length) : name;
  return (
    name === 'pods' ||
    COMPUTE.includes(bare) ||
    bare.startsWith(HUGE_PAGES) ||
    (name.startsWith(LIMITS) && COMPUTE.includes(name.slice(LIMITS.length))) ||
    (name.startsWith(REQUESTS) && isExtended(bare))
  );
}

/** What a pod takes beside its being there: nothing when it is over, or should have been gone for long. */
export function podUsage(pod: Pod, nowMs: number): Resources {
  if (isOver(pod, nowMs)) return new Map();
  const spec = withHeld(pod);
  return new Map([['pods', ONE], ...computeUsage(podRequests(spec), podLimits(spec))]);
}

type Amounts = Readonly<Record<string, string>> | undefined;

/**
 * The spec with what its containers still have, where that is more: a resize to less takes its time. One that can never be
 * done counts for nothing (component-helpers/resource with UseStatusResources).
 */
function withHeld({ spec, status }: Pod): PodSpec {
  const statuses = new Map(
    [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].map((each) => [each.name, each]),
  );
  const isHopeless = (status?.conditions ?? []).some(
    ({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible',
  );
  const held = (container: Container): Container => {
    const { resources, allocatedResources } = statuses.get(container.name) ?? {};
    if (resources === undefined && allocatedResources === undefined) return container;
    const { requests, limits } = isHopeless ? {} : (container.resources ?? {});
    return {
      ...container,
      resources: {
        requests: most([requests, allocatedResources, resources?.requests]),
        limits: most([limits, resources?.limits]),
      },
    };
  };
  return {
    ...spec,
    containers: spec.containers.map(held),
    ...(spec.initContainers === undefined
      ? {}
      : { initContainers: spec.initContainers.map((each) => (isSidecar(each) ? held(each) : each)) }),
  };
}

/** Of each resource the largest of its amounts. */
function most(lists: readonly Amounts[]): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, text] of lists.flatMap((list) => Object.entries(list ?? {}))) {
    const before = result[name];
    if (before === undefined || compareQuantities(parseQuantity(text), parseQuantity(before)) > 0) result[name] = text;
  }
  return result;
}

function isOver({ metadata, status }: Pod, nowMs: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds !== undefined &&
    nowMs > Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000
  );
}

function computeUsage(requests: Resources, limits: Resources): Resources {
  const usage = new Map<string, Quantity>();
  for (const [name, quantity] of requests) {
    if (COMPUTE.includes(name) || name.startsWith(HUGE_PAGES)) {
      usage.set(name, quantity);
      usage.set(`${REQUESTS}${name}`, quantity);
    } else if (isExtended(name)) usage.set(`${REQUESTS}${name}`, quantity);
  }
  for (const [name, quantity] of limits) if (COMPUTE.includes(name)) usage.set(`${LIMITS}${name}`, quantity);
  return usage;
}

/** What a quota of these names misses in a pod's containers: `limits.cpu for: a,b; …`. Undefined where nothing is missing. */
export function missingAmounts(spec: PodSpec, names: Iterable<string>): string | undefined {
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  const texts = [...names]
    .filter((name) => MUST_BE_GIVEN.includes(name))
    .sort()
    .flatMap((name) => {
      const field = name.startsWith(LIMITS) ? 'limits' : 'requests';
      const bare = name.replace(/^(requests|limits)\./, '');
      if (podLevelAmount(spec, field, bare) !== undefined) return [];
      const without = containers.filter(({ resources }) => resources?.[field]?.[bare] === undefined);
      return without.length === 0
        ? []
        : [`${name} for: ${[...new Set(without.map((each) => each.name))].sort().join(',')}`];
    });
  return texts.length === 0 ? undefined : texts.join('; ');
}
