import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { messageOf } from '../../../shared/message-of';
import type {
  Backend,
  PeerCheck,
  PodNetworkFacts,
  PodNetworkMode,
  PodNetworkPeer,
  RelayFrames,
  UnusableWay,
  WayCheck,
} from '../../../shared/wire/pod-network';
import { removeTable } from '../remove-table';
import { runProgram } from '../run-program';
import type { Block } from './block';
import { blockOf } from './block';
import { closeBridge, openBridge } from './cluster-forwarding';
import { linkDeviceTowards } from './host-facts';
import { commandsBetween } from './kernel-state';
import { applyKernelCommands, readKernelState } from './kernel-tables';
import type { PodNetworkNames } from './names';
import { PathProber } from './path-prober';
import { PeerPaths } from './peer-paths';
import type { KnownPeer, OwnNode } from './plan';
import { candidatesOf, isLocal, knownPeer, plan, wireguardPeers } from './plan';
import { RelaySocket } from './relay-socket';
import { writeTrafficTable } from './traffic-rules';
import { closeWayOut } from './way-out';
import { VXLAN_PORT, ensureVxlan, removeDevice } from './vxlan-device';
import { WireguardDevice } from './wireguard-device';

/** What a VXLAN header, and one of WireGuard, take of a packet at most. */
export const OVERHEAD_BYTES = 80;

export interface PeerNetworkOptions {
  readonly names: PodNetworkNames;
  readonly hostId: string;
  readonly dataDir: string;
  /** It may change. */
  readonly nodeIp: () => string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Peers are reached in other ways than before; what is to be in the kernel has changed. */
  readonly onPathsChanged: () => void;
  /** Hands frames for a peer to the server. */
  readonly sendFrames: (frames: RelayFrames) => void;
}

const CHECK_MS = 1_000;

/** Nodes of one machine answer each other at their first way's end, which is the machine's own. */
const waysToTest = (own: OwnNode, known: KnownPeer): readonly Backend[] =>
  isLocal(own, known) ? ['routes'] : candidatesOf(own, known);

/** The ways from this node's pods to those of its peers, in this machine's kernel. */
export class PeerNetwork {
  private readonly prober: PathProber;
  private readonly paths: PeerPaths;
  private readonly backends = new Map<Backend, string | undefined>();
  private readonly relay: RelaySocket;
  private readonly wireguard: WireguardDevice;
  private ends = new Map<string, Backend>();
  private known: readonly KnownPeer[] = [];
  private own: OwnNode | undefined;
  private writtenRules = '';

  constructor(private readonly options: PeerNetworkOptions) {
    const { names, dataDir, clock, logger, onPathsChanged } = options;
    this.prober = new PathProber({ clock, isPeer: (backend, address) => this.ends.get(address) === backend });
    this.relay = new RelaySocket({ vni: names.relayVni, send: options.sendFrames });
    this.wireguard = new WireguardDevice({ name: names.wireguard, port: names.wireguardPort, dataDir, clock });
    this.paths = new PeerPaths({ prober: this.prober, clock, logger, onChange: onPathsChanged });
  }

  /** Whether this machine can be told of ways at all. */
  static async isPossible(): Promise<boolean> {
    const found = [runProgram('ip', ['-json', 'link', 'show', 'lo']), runProgram('nft', ['list', 'tables'])];
    return (await Promise.allSettled(found)).every(({ status }) => status === 'fulfilled');
  }

  start(): void {
    this.paths.start();
  }

  /** What is programmed stays. */
  stop(): void {
    this.paths.stop();
    this.prober.stop();
    this.relay.close();
  }

  /** What the node offers its peers. */
  facts(): PodNetworkFacts {
    const { names, hostId } = this.options;
    const { vxlanMac, vxlanVni, relayMac, relayVni, wireguardPort } = names;
    const port = VXLAN_PORT;
    const { publicKey } = this.wireguard;
    const has = (backend: Backend): boolean => this.backends.has(backend) && this.backends.get(backend) === undefined;
    return {
      hostId,
      ...(has('vxlan') ? { vxlan: { mac: vxlanMac, vni: vxlanVni, port } } : {}),
      ...(has('wireguard') && publicKey !== undefined ? { wireguard: { publicKey, port: wireguardPort } } : {}),
      ...(has('relay') ? { relay: { mac: relayMac, vni: relayVni, port } } : {}),
    };
  }

  counts() {
    return this.paths.counts();
  }

  /** Brings the kernel to where peers and choices want it; all of it, each time, writing only what differs. Throws ProgramError. */
  async sync(
    block: Block,
    { clusterCidr, mode, mtu }: { readonly clusterCidr: string; readonly mode: PodNetworkMode; readonly mtu: number },
    peers: readonly PodNetworkPeer[],
  ): Promise<void> {
    const { names, hostId, nodeIp } = this.options;
    await this.openRoutes(block);
    await this.openVxlan(block, mtu);
    await this.openRelay(block, mtu);
    const known = await this.knownPeers(peers);
    await this.openWireguard(block, mtu, known);
    const relayPort = this.relay.port;
    const own: OwnNode = {
      ...{ hostId, address: nodeIp(), block, names, mode },
      backends: new Set([...this.backends].flatMap(([backend, problem]) => (problem === undefined ? [backend] : []))),
      ...(relayPort === undefined ? {} : { relayPort }),
    };
    this.own = own;
    this.known = known;
    this.ends = new Map(
      known.flatMap((each) => waysToTest(own, each).map((backend) => [each.block.ends[backend], backend] as const)),
    );
    this.relay.setPeers(
      known.flatMap(({ peer: { facts, nodeName }, block: { cidr } }) =>
        facts?.relay === undefined ? [] : [{ nodeName, vni: facts.relay.vni, block: cidr }],
      ),
    );
    this.paths.setPeers(
      known.map((each) => ({
        nodeName: each.peer.nodeName,
        isLocal: isLocal(own, each),
        candidates: candidatesOf(own, each),
        ends: each.block.ends,
      })),
    );
    await this.writeRules(block, clusterCidr, peers);
    await openBridge(names.bridge);
    const wanted = plan(own, known, (nodeName) => this.paths.pathTo(nodeName));
    const present = await readKernelState(this.vxlanDevices(own), names.metric);
    await applyKernelCommands(commandsBetween(present, wanted, names.metric));
  }

  ask(): void {
    void this.paths.round();
  }

  deliver(frames: RelayFrames): void {
    this.relay.deliver(frames);
  }

  /** Asks each peer on each way anew. */
  check(): Promise<readonly PeerCheck[]> {
    const { own, known } = this;
    if (own === undefined) return Promise.resolve([]);
    return Promise.all(
      known.map(async (each): Promise<PeerCheck> => {
        const ways = await Promise.all(
          waysToTest(own, each).map(async (backend): Promise<WayCheck> => {
            const tookMs = await this.askTwice(backend, each.block.ends[backend]);
            return { backend, ...(tookMs === undefined ? {} : { tookMs }) };
          }),
        );
        const { nodeName } = each.peer;
        return { nodeName, path: this.paths.pathTo(nodeName), ways };
      }),
    );
  }

  /** Ways that this machine cannot take part in, and why. */
  unusable(): readonly UnusableWay[] {
    return [...this.backends].flatMap(([backend, why]) => (why === undefined ? [] : [{ backend, why }]));
  }

  /** Takes back all that was written for a node with that block. */
  static async cleanUp(names: PodNetworkNames, podCidr: string): Promise<void> {
    const end = blockOf(podCidr)?.ends.routes;
    // It may be gone already.
    if (end !== undefined) await runProgram('ip', ['address', 'del', `${end}/32`, 'dev', 'lo']).catch(() => undefined);
    for (const device of [names.vxlan, names.relay, names.wireguard]) await removeDevice(device);
    const present = await readKernelState([], names.metric);
    await applyKernelCommands(commandsBetween(present, { routes: [], neighbours: [], forwardings: [] }, names.metric));
    await removeTable(names.table);
    await closeBridge(names.bridge);
    await closeWayOut(names.bridge, podCidr);
  }

  private async openRoutes(block: Block): Promise<void> {
    await this.open('routes', async () => {
      await runProgram('ip', ['address', 'replace', `${block.ends.routes}/32`, 'dev', 'lo']);
      await this.prober.open('routes', block.ends.routes);
    });
  }

  private async openVxlan(block: Block, mtu: number): Promise<void> {
    const { names } = this.options;
    await this.open('vxlan', async () => {
      const { vxlan: name, vxlanMac: mac, vxlanVni: vni } = names;
      await ensureVxlan({ name, mac, vni, mtu, address: block.ends.vxlan, isForProgram: false });
      await this.prober.open('vxlan', block.ends.vxlan);
    });
  }

  private async openRelay(block: Block, mtu: number): Promise<void> {
    const { names } = this.options;
    await this.open('relay', async () => {
      const { relay: name, relayMac: mac, relayVni: vni } = names;
      await this.relay.open();
      await ensureVxlan({ name, mac, vni, mtu, address: block.ends.relay, isForProgram: true });
      await this.prober.open('relay', block.ends.relay);
    });
  }

  private async openWireguard(block: Block, mtu: number, known: readonly KnownPeer[]): Promise<void> {
    await this.open('wireguard', async () => {
      await this.wireguard.open(block.ends.wireguard, mtu);
      await this.wireguard.setPeers(wireguardPeers(this.options.hostId, known));
      await this.prober.open('wireguard', block.ends.wireguard);
    });
  }

  private vxlanDevices({ backends }: OwnNode): readonly string[] {
    const { vxlan, relay } = this.options.names;
    return [...(backends.has('vxlan') ? [vxlan] : []), ...(backends.has('relay') ? [relay] : [])];
  }

  /** One datagram may be lost. */
  private async askTwice(backend: Backend, address: string): Promise<number | undefined> {
    return (await this.prober.ask(backend, address, CHECK_MS)) ?? this.prober.ask(backend, address, CHECK_MS);
  }

  /** A way that this machine cannot take part in keeps no other from working. It is said once. */
  private async open(backend: Backend, make: () => Promise<void>): Promise<void> {
    try {
      await make();
      this.backends.set(backend, undefined);
    } catch (error) {
      const problem = messageOf(error);
      if (this.backends.get(backend) !== problem)
        this.options.logger.warn({ backend, why: problem }, 'this machine cannot use that way to other nodes');
      this.backends.set(backend, problem);
    }
  }

  private async knownPeers(peers: readonly PodNetworkPeer[]): Promise<readonly KnownPeer[]> {
    const devices = new Map<string, string | undefined>();
    for (const { address } of peers)
      if (address !== undefined && !devices.has(address)) devices.set(address, await linkDeviceTowards(address));
    return peers.flatMap((peer) => knownPeer(peer, devices.get(peer.address ?? '')) ?? []);
  }

  private async writeRules(block: Block, clusterCidr: string, peers: readonly PodNetworkPeer[]): Promise<void> {
    const addresses = [...new Set(peers.flatMap(({ address }) => address ?? []))].sort();
    const facts = {
      ...{ podCidr: block.text, clusterCidr, gateway: block.gateway },
      ...{ peers: addresses, vxlanPort: VXLAN_PORT, relayPort: this.relay.port },
    };
    const rules = JSON.stringify(facts);
    if (rules === this.writtenRules) return;
    await writeTrafficTable(this.options.names, facts);
    this.writtenRules = rules;
  }
}
