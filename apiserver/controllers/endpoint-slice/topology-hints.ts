import type { Endpoint } from 'kubernetes-types/discovery/v1';
import type { Node, Service } from '../../../shared/api/objects';
import { milliOf } from '../../../shared/quantity';
import { zoneOf } from './service-pods';

const MODE = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];
const CONTROL_PLANE = ['node-role.kubernetes.io/control-plane', 'node-role.kubernetes.io/master'];
/** By how much more than its share a zone's endpoints may be burdened. */
const OVERLOAD = 0.2;

/** Whether a service asks that traffic stays in its zone as far as the endpoints there can bear it. */
export const wantsTopologyHints = ({ metadata: { annotations = {} } }: Service): boolean =>
  ['Auto', 'auto'].includes(MODE.map((key) => annotations[key]).find((mode) => mode !== undefined) ?? '');

/** What the nodes that serve have of CPU, by zone. Undefined: of one of them that cannot be told. */
export function cpuByZone(nodes: readonly Node[]): ReadonlyMap<string, number> | undefined {
  const cpu = new Map<string, number>();
  for (const node of nodes) {
    const labels = node.metadata.labels ?? {};
    const isReady = node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    if (!isReady || CONTROL_PLANE.some((key) => Object.hasOwn(labels, key))) continue;
    const [zone, amount] = [zoneOf(node) ?? '', milliOf(node.status?.allocatable?.['cpu'] ?? '0')];
    if (zone === '' || amount === 0) return undefined;
    cpu.set(zone, (cpu.get(zone) ?? 0) + amount);
  }
  return cpu.size === 0 ? undefined : cpu;
}

/** For which zone each endpoint is meant, or why that cannot be said, in Kubernetes' words. */
export type TopologyHints =
  { readonly zones: ReadonlyMap<Endpoint, string> } | { readonly zones?: never; readonly problem: string };

/**
 * Gives each zone as many endpoints as it has of the CPU (k8s.io/endpointslice/topologycache): every endpoint is meant for its
 * own zone, but for as many as other zones lack. `before` tells for which zone an endpoint was meant: whatever was given away
 * already is given away again, so that little changes.
 */
export function topologyHints(
  endpoints: readonly Endpoint[],
  cpu: ReadonlyMap<string, number> | undefined,
  before: (endpoint: Endpoint) => string | undefined,
): TopologyHints {
  const ready = endpoints.filter(({ conditions }) => conditions?.ready === true);
  const wanted = sharesOf(ready.length, cpu);
  if ('problem' in wanted) return wanted;
  if (ready.some(({ zone = '' }) => zone === '')) {
    return { problem: 'One or more endpoints do not have a zone specified' };
  }
  const zones = new Map(ready.map((endpoint) => [endpoint, endpoint.zone ?? '']));
  const { giving, receiving } = differences(wanted.shares, [...zones.values()]);
  const wasGiven = (endpoint: Endpoint): boolean => receiving.has(before(endpoint) ?? '');
  const inOrder = [...ready].sort(
    (a, b) => Number(wasGiven(b)) - Number(wasGiven(a)) || (nameOf(a) < nameOf(b) ? -1 : 1),
  );
  for (const endpoint of inOrder) {
    const zone = endpoint.zone ?? '';
    const former = before(endpoint) ?? '';
    const to = receiving.has(former) ? former : [...receiving.keys()].sort()[0];
    if (to === undefined || !giving.has(zone)) continue;
    zones.set(endpoint, to);
    takeOne(giving, zone);
    takeOne(receiving, to);
  }
  return { zones };
}

const nameOf = ({ addresses, targetRef }: Endpoint): string => `${targetRef?.name ?? ''} ${addresses.join(',')}`;

function takeOne(counts: Map<string, number>, zone: string): void {
  const left = (counts.get(zone) ?? 0) - 1;
  if (left > 0) counts.set(zone, left);
  else counts.delete(zone);
}

type Shares = { readonly shares: ReadonlyMap<string, number> } | { readonly problem: string };

function sharesOf(count: number, cpu: ReadonlyMap<string, number> | undefined): Shares {
  if (cpu === undefined) {
    return {
      problem: 'Insufficient Node information: allocatable CPU or zone not specified on one or more nodes',
    };
  }
  if (cpu.size < 2) return { problem: 'Nodes only ready in one zone' };
  if (cpu.size > count) {
    return { problem: `Insufficient number of endpoints (${count} endpoints, ${cpu.size} zones)` };
  }
  const total = [...cpu.values()].reduce((sum, each) => sum + each, 0);
  const shares = new Map<string, number>();
  let left = count;
  for (const [zone, amount] of cpu) {
    const share = (amount / total) * count;
    const least = Math.ceil(share / (1 + OVERLOAD));
    left -= least;
    shares.set(zone, Math.max(share, least));
  }
  return left < 0
    ? { problem: 'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold' }
    : { shares };
}

/** How many endpoints zones give away, and how many others get. */
function differences(
  shares: ReadonlyMap<string, number>,
  present: readonly string[],
): { readonly giving: Map<string, number>; readonly receiving: Map<string, number> } {
  const [over, under] = [new Map<string, number>(), new Map<string, number>()];
  for (const [zone, share] of shares) {
    const has = present.filter((each) => each === zone).length;
    if (has > share) over.set(zone, has - share);
    else if (has < share) under.set(zone, share - has);
  }
  const [giving, receiving] = [new Map<string, number>(), new Map<string, number>()];
  const most = (amounts: ReadonlyMap<string, number>): readonly [string, number] =>
    [...amounts].reduce((best, each) => (each[1] > best[1] ? each : best), ['', 0] as const);
  for (;;) {
    const [[from, give], [to, receive]] = [most(over), most(under)];
    const isEven = (give < 1 && receive < 1) || give < 0.5 || receive < 0.5;
    if (from === '' || to === '' || isEven) return { giving, receiving };
    for (const [zone, amounts, counts] of [
      [from, over, giving],
      [to, under, receiving],
    ] as const) {
      counts.set(zone, (counts.get(zone) ?? 0) + 1);
      amounts.set(zone, (amounts.get(zone) ?? 0) - 1);
    }
  }
}
