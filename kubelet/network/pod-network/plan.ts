import type { Backend, PeerPath, PodNetworkMode, PodNetworkPeer } from '../../../shared/wire/pod-network';
import { BACKENDS } from '../../../shared/wire/pod-network';
import type { Block } from './block';
import { blockOf } from './block';
import type { Forwarding, KernelState, Neighbour, Route } from './kernel-state';
import type { PodNetworkNames } from './names';
import { RELAY_ADDRESS } from './relay-socket';
import type { WireguardPeer } from './wireguard-config';

/** Of packets that never leave the machine: by the bridge's own the kernel would have pods send smaller ones. */
const RELAY_MTU = 60_000;

/** What a plan depends on beside the peers. */
export interface OwnNode {
  readonly hostId: string;
  /** Its InternalIP. */
  readonly address: string;
  readonly block: Block;
  readonly names: Pick<PodNetworkNames, 'bridge' | 'vxlan' | 'relay' | 'wireguard'>;
  readonly mode: PodNetworkMode;
  /** Ways that this machine can take part in. */
  readonly backends: ReadonlySet<Backend>;
  /** Where the agent takes frames for peers. */
  readonly relayPort?: number;
}

/** Of a peer, as this machine sees it. */
export interface KnownPeer {
  readonly peer: PodNetworkPeer;
  readonly block: Block;
  /** The device that its address is on the other side of, without a router between. */
  readonly linkDevice?: string;
}

export function knownPeer(peer: PodNetworkPeer, linkDevice?: string): KnownPeer | undefined {
  const block = blockOf(peer.podCidr);
  return block === undefined ? undefined : { peer, block, ...(linkDevice === undefined ? {} : { linkDevice }) };
}

/** Whether the peer is a node on this very machine: the kernel knows the way by itself. */
export const isLocal = ({ hostId }: Pick<OwnNode, 'hostId'>, { peer }: KnownPeer): boolean =>
  peer.facts?.hostId === hostId;

/** Ways that may work, best first. None for nodes on one machine. */
export function candidatesOf(own: OwnNode, known: KnownPeer): readonly Backend[] {
  if (isLocal(own, known)) return [];
  const { facts, address } = known.peer;
  const isOffered: Record<Backend, boolean> = {
    routes: known.linkDevice !== undefined && address !== undefined && address !== own.address,
    vxlan: facts?.vxlan !== undefined && address !== undefined && address !== own.address,
    wireguard: facts?.wireguard !== undefined,
    relay: facts?.relay !== undefined && own.relayPort !== undefined,
  };
  return BACKENDS.filter(
    (backend) => (own.mode === 'auto' || own.mode === backend) && own.backends.has(backend) && isOffered[backend],
  );
}

/** Peers on other machines that offer WireGuard. */
export const wireguardPeers = (hostId: string, peers: readonly KnownPeer[]): readonly WireguardPeer[] =>
  peers.flatMap((known) => {
    const { facts, address } = known.peer;
    if (facts?.wireguard === undefined || isLocal({ hostId }, known)) return [];
    const { publicKey, port } = facts.wireguard;
    const endpoint = address === undefined ? {} : { endpoint: `${address}:${port}` };
    return [{ publicKey, allowedIps: known.block.text, ...endpoint }];
  });

/** What the kernel is to hold: for each peer a route on each way that may work, to the end of that way alone, and one to all of its pods on the chosen way. */
export function plan(own: OwnNode, peers: readonly KnownPeer[], pathOf: (nodeName: string) => PeerPath): KernelState {
  const routes: Route[] = [];
  const neighbours: Neighbour[] = [];
  const forwardings: Forwarding[] = [];
  // It is never sent there; without a route it would not be sent at all.
  if (own.relayPort !== undefined)
    routes.push({ destination: RELAY_ADDRESS, device: own.names.bridge, source: own.block.gateway, mtu: RELAY_MTU });
  for (const known of peers) {
    const path = pathOf(known.peer.nodeName);
    for (const backend of candidatesOf(own, known)) {
      const way = wayOver(backend, own, known);
      const destination = known.block.ends[backend];
      routes.push({ destination, ...way, source: own.block.ends[backend] });
      if (backend === path) routes.push({ destination: known.block.text, ...way, source: own.block.gateway });
      if (backend === 'vxlan' || backend === 'relay') {
        const device = own.names[backend];
        const facts = known.peer.facts?.[backend];
        if (facts === undefined) continue;
        const { mac, vni } = facts;
        neighbours.push({ device, address: destination, mac });
        const [address, port] =
          backend === 'vxlan' ? [known.peer.address ?? '', facts.port] : [RELAY_ADDRESS, own.relayPort ?? 0];
        forwardings.push({ device, mac, address, port, vni });
      }
    }
  }
  return { routes, neighbours, forwardings };
}

function wayOver(backend: Backend, { names }: OwnNode, { peer, block, linkDevice = '' }: KnownPeer) {
  switch (backend) {
    case 'routes':
      return { via: peer.address ?? '', device: linkDevice };
    case 'vxlan':
    case 'relay':
      return { via: block.ends[backend], device: names[backend] };
    case 'wireguard':
      return { device: names.wireguard };
  }
}
