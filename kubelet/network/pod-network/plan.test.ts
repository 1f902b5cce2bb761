import type { Backend, PeerPath, PodNetworkPeer } from '../../../shared/wire/pod-network';
import { blockOf } from './block';
import { EMPTY_STATE, commandsBetween } from './kernel-state';
import { podNetworkNames } from './names';
import type { KnownPeer, OwnNode } from './plan';
import { candidatesOf, isLocal, knownPeer, plan, wireguardPeers } from './plan';

const block = (text: string) => {
  const found = blockOf(text);
  if (found === undefined) throw new Error(`${text} has no room`);
  return found;
};

const own: OwnNode = {
  hostId: 'here',
  address: '192.0.2.1',
  block: block('10.244.1.0/24'),
  names: { bridge: 'pnsb-1', vxlan: 'pnsv-1', relay: 'pnsr-1', wireguard: 'pnsw-1' },
  mode: 'auto',
  backends: new Set(['routes', 'vxlan', 'wireguard', 'relay'] as const),
  relayPort: 40_000,
};
const vxlan = { mac: '02:00:00:00:00:02', vni: 5_002, port: 8_472 };
const relay = { mac: '02:00:00:00:00:03', vni: 5_003, port: 8_472 };
const wireguard = { publicKey: 'k'.repeat(43), port: 51_820 };

function aPeer(traits: Partial<PodNetworkPeer> = {}, linkDevice?: string): KnownPeer {
  const peer = {
    nodeName: 'n2',
    address: '192.0.2.2',
    podCidr: '10.244.2.0/24',
    facts: { hostId: 'there', vxlan, relay, wireguard },
    ...traits,
  };
  const known = knownPeer(peer, linkDevice);
  if (known === undefined) throw new Error('no peer');
  return known;
}

const planned = (path: PeerPath, peer = aPeer({}, 'eth0'), node = own) => plan(node, [peer], () => path);
const routeToPods = (path: PeerPath) => planned(path).routes.find(({ destination }) => destination === '10.244.2.0/24');

it('sends to a neighbour by its address, from the first address of the node', () => {
  expect(routeToPods('routes')).toEqual({
    destination: '10.244.2.0/24',
    via: '192.0.2.2',
    device: 'eth0',
    source: '10.244.1.1',
  });
});

it('sends by VXLAN to the MAC of the peer, with the number of the peer', () => {
  expect(routeToPods('vxlan')).toMatchObject({ via: '10.244.2.253', device: 'pnsv-1' });
  const { neighbours, forwardings } = planned('vxlan');
  expect(neighbours).toContainEqual({ device: 'pnsv-1', address: '10.244.2.253', mac: vxlan.mac });
  expect(forwardings).toContainEqual({ device: 'pnsv-1', address: '192.0.2.2', ...vxlan });
});

it('hands what is relayed to the agent itself', () => {
  expect(routeToPods('relay')).toMatchObject({ via: '10.244.2.251', device: 'pnsr-1' });
  const { mac, vni } = relay;
  expect(planned('relay').forwardings).toContainEqual({
    device: 'pnsr-1',
    address: '192.0.0.8',
    port: 40_000,
    mac,
    vni,
  });
});

it('keeps a route of its own for each way that may work, whichever is taken', () => {
  const ends = planned('relay').routes.map(({ destination, device }) => `${destination} ${device}`);
  expect(ends).toEqual([
    '192.0.0.8 pnsb-1',
    '10.244.2.254 eth0',
    '10.244.2.253 pnsv-1',
    '10.244.2.252 pnsw-1',
    '10.244.2.251 pnsr-1',
    '10.244.2.0/24 pnsr-1',
  ]);
});

it.each([
  ['all that both offer, best first', aPeer({}, 'eth0'), {}, ['routes', 'vxlan', 'wireguard', 'relay']],
  ['no routes over a router', aPeer(), {}, ['vxlan', 'wireguard', 'relay']],
  ['nothing but routes to one that has not told', aPeer({ facts: { hostId: 'there' } }, 'eth0'), {}, ['routes']],
  ['nothing to one on the same machine', aPeer({ facts: { hostId: 'here', vxlan } }, 'eth0'), {}, []],
  ['one alone where it is told so', aPeer({}, 'eth0'), { mode: 'vxlan' }, ['vxlan']],
  ['what this machine has', aPeer({}, 'eth0'), { backends: new Set<Backend>(['relay']) }, ['relay']],
] as const)('considers %s', (_, peer, traits, expected) => {
  expect(candidatesOf({ ...own, ...traits }, peer)).toEqual(expected);
});

it('tells WireGuard of peers on other machines, and what is behind them', () => {
  const here = aPeer({ facts: { hostId: 'here', wireguard } });
  const without = aPeer({ facts: { hostId: 'there' } });
  expect(wireguardPeers('here', [aPeer(), here, without])).toEqual([
    { publicKey: wireguard.publicKey, endpoint: '192.0.2.2:51820', allowedIps: '10.244.2.0/24' },
  ]);
});

it('knows nodes of its own machine, whatever address they have', () => {
  expect(isLocal(own, aPeer({ facts: { hostId: 'here' } }))).toBe(true);
  expect(isLocal(own, aPeer({ address: '192.0.2.1' }))).toBe(false);
});

it('writes what is new, and nothing where all is as it should be', () => {
  const state = planned('vxlan');
  const commands = commandsBetween(EMPTY_STATE, state, 1_234);
  expect(commands.ip).toContain(
    'route replace 10.244.2.0/24 via 10.244.2.253 dev pnsv-1 onlink src 10.244.1.1 proto 113 metric 1234',
  );
  expect(commands.bridge).toContain(
    'fdb append 02:00:00:00:00:02 dev pnsv-1 dst 192.0.2.2 port 8472 vni 5002 self permanent',
  );
  expect(commandsBetween(state, state, 1_234)).toEqual({ ip: [], bridge: [] });
});

it('moves a peer to another way by one route', () => {
  expect(commandsBetween(planned('routes'), planned('relay'), 7)).toEqual({
    ip: ['route replace 10.244.2.0/24 via 10.244.2.251 dev pnsr-1 onlink src 10.244.1.1 proto 113 metric 7'],
    bridge: [],
  });
});

it('follows a peer to its new address, and takes all back when it leaves', () => {
  const moved = plan(own, [aPeer({ address: '192.0.2.9' }, 'eth0')], () => 'vxlan');
  const commands = commandsBetween(planned('vxlan'), moved, 7);
  expect(commands.bridge).toEqual([
    'fdb del 02:00:00:00:00:02 dev pnsv-1 dst 192.0.2.2 port 8472 vni 5002 self permanent',
    'fdb append 02:00:00:00:00:02 dev pnsv-1 dst 192.0.2.9 port 8472 vni 5002 self permanent',
  ]);
  expect(commandsBetween(moved, EMPTY_STATE, 7).ip).toContain('route del 10.244.2.0/24 proto 113 metric 7');
});

it('calls nodes of different clusters differently, in names that the kernel takes', () => {
  const [one, other] = [podNetworkNames('c1', 'worker-1'), podNetworkNames('c2', 'worker-1')];
  expect(one.bridge).not.toBe(other.bridge);
  for (const name of [one.bridge, one.vxlan, one.relay, one.wireguard]) expect(name.length).toBeLessThanOrEqual(15);
  expect(one.vxlanMac).toMatch(/^02(:[0-9a-f]{2}){5}$/);
  expect(one.vxlanVni).not.toBe(one.relayVni);
});
