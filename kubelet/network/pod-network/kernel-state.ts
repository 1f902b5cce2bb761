import { ROUTE_PROTOCOL } from '../../../shared/pod-network-traces';
/** What of the kernel's tables is this node's, as it is or as it should be. Keys are unique within each list. */
export interface KernelState {
  readonly routes: readonly Route[];
  readonly neighbours: readonly Neighbour[];
  readonly forwardings: readonly Forwarding[];
}

export interface Route {
  /** `10.244.2.0/24`; a single address without its length, as the kernel prints it. */
  readonly destination: string;
  readonly via?: string;
  readonly device: string;
  readonly source: string;
  /** Largest packet; absent: the device's. */
  readonly mtu?: number;
}

/** Who has an address behind a device: nobody is asked. */
export interface Neighbour {
  readonly device: string;
  readonly address: string;
  readonly mac: string;
}

/** Where a VXLAN device sends what is for a MAC. */
export interface Forwarding {
  readonly device: string;
  readonly mac: string;
  readonly address: string;
  readonly port: number;
  readonly vni: number;
}

export const EMPTY_STATE: KernelState = { routes: [], neighbours: [], forwardings: [] };

/** Lines for `ip -batch` and `bridge -batch`. */
export interface KernelCommands {
  readonly ip: readonly string[];
  readonly bridge: readonly string[];
}

/**
 * From what is to what should be. What is new or other is put before what is gone is taken, and what a route leads over
 * before the route; nothing is touched that is as it should be.
 */
export function commandsBetween(present: KernelState, wanted: KernelState, metric: number): KernelCommands {
  const routes = compare(present.routes, wanted.routes, ({ destination }) => destination);
  const neighbours = compare(present.neighbours, wanted.neighbours, ({ device, address }) => `${device} ${address}`);
  const forwardings = compare(present.forwardings, wanted.forwardings, ({ device, mac }) => `${device} ${mac}`);
  return {
    bridge: [
      // Another destination for a MAC would be one more: the old one goes first.
      ...forwardings.gone.map(deleteForwarding),
      ...forwardings.changed.flatMap(({ old, fresh }) => [deleteForwarding(old), addForwarding(fresh)]),
      ...forwardings.come.map(addForwarding),
    ],
    ip: [
      ...[...neighbours.come, ...neighbours.changed.map(({ fresh }) => fresh)].map(
        ({ device, address, mac }) => `neigh replace ${address} lladdr ${mac} dev ${device} nud permanent`,
      ),
      ...[...routes.come, ...routes.changed.map(({ fresh }) => fresh)].map((route) => replaceRoute(route, metric)),
      ...routes.gone.map(({ destination }) => `route del ${destination} proto ${ROUTE_PROTOCOL} metric ${metric}`),
      ...neighbours.gone.map(({ device, address }) => `neigh del ${address} dev ${device}`),
    ],
  };
}

const addForwarding = ({ mac, device, address, port, vni }: Forwarding): string =>
  `fdb append ${mac} dev ${device} dst ${address} port ${port} vni ${vni} self permanent`;
const deleteForwarding = ({ mac, device, address, port, vni }: Forwarding): string =>
  `fdb del ${mac} dev ${device} dst ${address} port ${port} vni ${vni} self permanent`;

const replaceRoute = ({ destination, via, device, source, mtu }: Route, metric: number): string =>
  [
    `route replace ${destination}`,
    ...(via === undefined ? [] : [`via ${via}`]),
    `dev ${device}`,
    ...(via === undefined ? ['scope link'] : ['onlink']),
    `src ${source} proto ${ROUTE_PROTOCOL} metric ${metric}`,
    ...(mtu === undefined ? [] : [`mtu ${mtu}`]),
  ].join(' ');

interface Difference<T> {
  readonly gone: readonly T[];
  readonly come: readonly T[];
  readonly changed: readonly { readonly old: T; readonly fresh: T }[];
}

function compare<T extends object>(
  present: readonly T[],
  wanted: readonly T[],
  keyOf: (item: T) => string,
): Difference<T> {
  const had = new Map(present.map((item) => [keyOf(item), item]));
  const wants = new Map(wanted.map((item) => [keyOf(item), item]));
  const isSame = (one: T, other: T): boolean =>
    Object.entries(other).every(([key, value]) => Reflect.get(one, key) === value);
  return {
    gone: present.filter((item) => !wants.has(keyOf(item))),
    come: wanted.filter((item) => !had.has(keyOf(item))),
    changed: wanted.flatMap((fresh) => {
      const old = had.get(keyOf(fresh));
      return old === undefined || isSame(old, fresh) ? [] : [{ old, fresh }];
    }),
  };
}
