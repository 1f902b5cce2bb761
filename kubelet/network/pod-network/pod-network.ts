import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { messageOf } from '../../../shared/message-of';
import { isSameJson } from '../../../shared/same-json';
import type {
  NetworkCheck,
  PodNetworkChange,
  PodNetworkFacts,
  PodNetworkMode,
  PodNetworkPeer,
  PodNetworkReport,
  RelayFrames,
} from '../../../shared/wire/pod-network';
import type { Runtime } from '../../runtime/runtime';
import type { Block } from './block';
import { blockOf } from './block';
import { hostMtu, overlappingRoute } from './host-facts';
import { keepBlock, readKeptBlock } from './kept-block';
import type { PodNetworkNames } from './names';
import type { PeerNetwork } from './peer-network';
import { OVERHEAD_BYTES } from './peer-network';
import { closeWayOut, openWayOut } from './way-out';

const RETRY_MS = 5_000;
/** Somebody else may have changed the kernel's tables. */
const RESYNC_MS = 60_000;

/** The node's own network, as long as it is there. */
export interface OpenNetwork {
  /** Name on the engine. */
  readonly network: string;
  readonly bridge: string;
  readonly gateway: string;
}

export interface PodNetworkOptions {
  readonly names: PodNetworkNames;
  readonly clusterId: string;
  /** It may change. */
  readonly nodeIp: () => string;
  readonly dataDir: string;
  readonly runtime: Pick<Runtime, 'ensureNetwork' | 'interfaceProblem'>;
  /** Absent: this machine cannot be told of ways to other nodes. */
  readonly peers?: PeerNetwork;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The network is there, or another than before; resolves when pods may use it. */
  readonly onOpen: (network: OpenNetwork) => Promise<void>;
  /** It is open, or there is a reason why it is not. */
  readonly onOpened: () => void;
  /** What is told to the server is another than before. */
  readonly onReport: (report: PodNetworkReport) => void;
}

/**
 * The node's block of addresses, the engine's network with it, and the ways to the pods of other nodes. Follows what the
 * server tells; what is wrong is tried again. One change at a time, and each looks at everything.
 */
export class PodNetwork {
  private mode: PodNetworkMode = 'auto';
  private podCidr: string | undefined;
  private clusterCidr = '';
  private readonly peers = new Map<string, PodNetworkPeer>();
  /** The server has said who the peers are; until then ways that an earlier agent made stay. */
  private isTold = false;
  private opened: { readonly network: OpenNetwork; readonly block: Block; readonly mtu: number } | undefined;
  private trouble: string | undefined;
  private reported: PodNetworkReport | undefined;
  private running: Promise<void> | undefined;
  private isStale = false;
  /** Somebody may have taken the engine's network away: it is in use by nobody that the engine knows. */
  private isEngineDue = false;
  private isStopped = false;
  private cancelRetry: () => void = () => undefined;
  private stopResync: () => void = () => undefined;

  constructor(private readonly options: PodNetworkOptions) {}

  /** Undefined until it is there. */
  get network(): OpenNetwork | undefined {
    return this.opened?.network;
  }

  /** Why the node has no network; undefined while nothing is wrong. */
  get problem(): string | undefined {
    return this.opened === undefined ? this.trouble : undefined;
  }

  /** Resolves when the network that the node had before is there again, or has failed to be for the first time. */
  async start(): Promise<void> {
    const kept = await readKeptBlock(this.options.dataDir);
    if (kept?.clusterId === this.options.clusterId) {
      this.podCidr = kept.podCidr;
      this.clusterCidr = kept.clusterCidr;
    }
    this.stopResync = this.options.clock.setInterval(() => {
      this.isEngineDue = true;
      this.wake();
    }, RESYNC_MS);
    this.options.peers?.start();
    this.wake();
    await this.running;
  }

  /** What is programmed stays. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.stopResync();
    this.cancelRetry();
    this.options.peers?.stop();
    await this.running;
  }

  apply({ kind, clusterCidr, mode, podCidr, peers, removedPeers }: PodNetworkChange): void {
    this.clusterCidr = clusterCidr;
    this.mode = mode;
    // A server that has not given one yet takes none away.
    if (podCidr !== undefined) this.podCidr = podCidr;
    if (kind === 'snapshot') {
      this.peers.clear();
      // It may be another server, or one that forgot.
      this.reported = undefined;
    }
    for (const name of removedPeers) this.peers.delete(name);
    for (const peer of peers) this.peers.set(peer.nodeName, peer);
    this.isTold = true;
    this.wake();
  }

  /** From a peer, by way of the server. */
  deliver(frames: RelayFrames): void {
    this.options.peers?.deliver(frames);
  }

  async check(): Promise<Pick<NetworkCheck, 'problem' | 'engineInterfaces' | 'peers' | 'unusable'>> {
    const { peers } = this.options;
    const none =
      peers === undefined ? 'this node has no ways to others: it takes root, and the programs ip and nft' : undefined;
    const problem = this.trouble ?? none;
    const engineInterfaces = this.options.runtime.interfaceProblem();
    return {
      ...(problem === undefined ? {} : { problem }),
      ...(engineInterfaces === undefined ? {} : { engineInterfaces }),
      peers: (await peers?.check()) ?? [],
      unusable: peers?.unusable() ?? [],
    };
  }

  /** Looks at everything, now or after what is under way. */
  wake(): void {
    if (this.isStopped) return;
    this.isStale = true;
    this.running ??= this.work().finally(() => (this.running = undefined));
  }

  private async work(): Promise<void> {
    while (this.isStale && !this.isStopped) {
      this.isStale = false;
      this.cancelRetry();
      try {
        await this.open();
        await this.reachPeers();
        this.trouble = undefined;
      } catch (error) {
        this.complain(messageOf(error));
        this.cancelRetry = this.options.clock.setTimeout(() => this.wake(), RETRY_MS);
      }
    }
  }

  private complain(trouble: string): void {
    if (trouble === this.trouble) return;
    this.trouble = trouble;
    this.options.onOpened();
    this.options.logger.error({ why: trouble }, 'the pod network is not as it should be, trying again');
  }

  /** The engine's network. Throws what is in its way. */
  private async open(): Promise<void> {
    const { podCidr, clusterCidr, opened } = this;
    if (podCidr === undefined) return;
    if (opened?.block.text === podCidr) {
      if (this.isEngineDue) await this.ensure(opened.block, opened.mtu);
      return;
    }
    const { names, peers, nodeIp, dataDir, clusterId, logger } = this.options;
    const block = blockOf(podCidr);
    if (block === undefined) throw new Error(`the node's block ${podCidr} has no room for pods: /28 at least`);
    if (peers !== undefined) {
      const own = new Set([names.bridge, names.vxlan, names.relay, names.wireguard, 'lo']);
      const taken = await overlappingRoute(block.cidr, own);
      if (taken !== undefined)
        throw new Error(
          `this machine has addresses of ${podCidr} already (${taken}): give the server another --cluster-cidr, then delete this node and let it join again`,
        );
    }
    const mtu = (peers === undefined ? 1_500 : await hostMtu(nodeIp())) - OVERHEAD_BYTES;
    await this.ensure(block, mtu);
    await keepBlock(dataDir, { podCidr, clusterCidr, clusterId });
    const { network: name, bridge } = names;
    if (peers !== undefined) await closeWayOut(bridge, podCidr);
    else if (!(await openWayOut(bridge, podCidr)))
      logger.warn({}, 'pods have no way out of this machine: it takes root, and the program nft or iptables');
    const network = { network: name, bridge, gateway: block.gateway };
    await this.options.onOpen(network);
    this.opened = { network, block, mtu };
    this.options.onOpened();
    logger.info({ podCidr, bridge }, 'the pod network is there');
  }

  private async ensure({ text: subnet, gateway, ends }: Block, mtu: number): Promise<void> {
    const { network: name, bridge } = this.options.names;
    this.isEngineDue = false;
    await this.options.runtime.ensureNetwork({
      ...{ name, bridge, subnet, gateway, mtu },
      reserved: Object.values(ends),
    });
  }

  private async reachPeers(): Promise<void> {
    const { peers } = this.options;
    if (this.opened === undefined || !this.isTold) return;
    const { block, mtu } = this.opened;
    const { clusterCidr, mode } = this;
    await peers?.sync(block, { clusterCidr, mode, mtu }, [...this.peers.values()]);
    this.report(peers?.facts());
    peers?.ask();
  }

  private report(facts: PodNetworkFacts | undefined): void {
    const paths = this.options.peers?.counts() ?? (this.peers.size === 0 ? {} : { none: this.peers.size });
    const report = { ...(facts === undefined ? {} : { facts }), paths };
    if (isSameJson(report, this.reported)) return;
    this.reported = report;
    this.options.onReport(report);
  }
}
