import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import type { NetworkChange } from '../../shared/wire/network';
import type { ClusterDns } from '../environment/cluster-dns';
import { ClusterNames } from './dns/cluster-names';
import { DnsServer } from './dns/dns-server';
import { Upstream } from './dns/upstream';
import { readHostResolver } from './host-resolver';
import type { NetworkState } from './network-state';
import type { Nft } from './open-nft';
import { chooseKernel, removeServices } from './services/choose-kernel';
import { allowForwarding, allowHairpin, forbidForwarding } from './services/forwarding';
import type { Target } from './services/frontend';
import type { Kernel } from './services/kernel';
import { ServiceProxy } from './services/service-proxy';

const DNS_SERVICE = 'kube-system/kube-dns';
const ATTACH_LIMIT_MS = 2_000;
const API_SERVICE = 'default/kubernetes';

export interface NodeNetworkOptions {
  readonly nodeName: string;
  readonly clusterDomain: string;
  /** Of this machine, as its pods reach it. */
  readonly hostAddress: string;
  /** The bridge that the node's pods are behind. */
  readonly podInterface: string;
  /** What the server has told already; kept up to date by `apply`. */
  readonly state: NetworkState;
  /** Where pods reach the API through this node, once that way is open. */
  readonly apiOpened: Promise<Target>;
  readonly nft: Nft;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

interface Parts {
  readonly state: NetworkState;
  readonly dnsServer: DnsServer;
  readonly ownTargets: Map<string, Target>;
  readonly kernel: Kernel;
  readonly podInterface: string;
  readonly hostSearches: readonly string[];
}

/** Services and names on this node: follows what the server tells, and opens both to the node's pods. */
export class NodeNetwork {
  private readonly proxy: ServiceProxy;
  private readonly pods = new Map<string, readonly string[]>();
  /** Until the server has told what there is, what an earlier agent programmed stays. */
  private isTold = false;

  private constructor(
    private readonly options: NodeNetworkOptions,
    private readonly parts: Parts,
  ) {
    const { nodeName, clock, logger } = options;
    const { state, kernel, ownTargets } = parts;
    this.proxy = new ServiceProxy({ state, node: { nodeName, ownTargets }, kernel, clock, logger });
    void options.apiOpened.then((target) => {
      ownTargets.set(API_SERVICE, target);
      if (this.isTold) void this.proxy.update([API_SERVICE]);
    });
  }

  /** Undefined where this machine cannot do it: not root, or with neither nftables nor iptables. */
  static async start(options: NodeNetworkOptions): Promise<NodeNetwork | undefined> {
    const { nodeName, hostAddress, podInterface, state, nft, logger, clusterDomain, clock, random } = options;
    const chosen = await chooseKernel(nodeName, podInterface, nft);
    if (chosen === undefined) {
      logger.warn({ hostAddress }, 'no Services on this node: it takes root, and the program nft or iptables');
      return undefined;
    }
    logger.info({ by: chosen.by }, 'Services are programmed');
    const resolver = await readHostResolver();
    const upstream = new Upstream({ resolvers: resolver.servers.map((address) => ({ address })), clock, random });
    const dnsServer = new DnsServer({ names: new ClusterNames(state, clusterDomain), upstream, logger });
    const port = await dnsServer.start(hostAddress);
    await allowForwarding(podInterface);
    return new NodeNetwork(options, {
      state,
      dnsServer,
      ownTargets: new Map([[DNS_SERVICE, { address: hostAddress, port }]]),
      kernel: chosen.kernel,
      podInterface,
      hostSearches: resolver.searches,
    });
  }

  /** Takes back all that the agent of that node changed of this machine's network. */
  static async cleanUp(nodeName: string, podInterface: string | undefined): Promise<void> {
    await removeServices(nodeName);
    if (podInterface !== undefined) await forbidForwarding(podInterface);
  }

  async apply(change: NetworkChange): Promise<void> {
    const affected = this.parts.state.apply(change);
    this.isTold = true;
    await this.proxy.update(affected);
  }

  /** These Services are as the state says by now. */
  async update(services: Iterable<string>): Promise<void> {
    this.isTold = true;
    await this.proxy.update(services);
  }

  async attach(podUid: string, addresses: readonly string[]): Promise<void> {
    this.pods.set(podUid, addresses);
    await allowHairpin(this.parts.podInterface);
    // A kernel that refuses does not keep pods from starting.
    const limit = new AbortController();
    const waited = this.options.clock.sleep(ATTACH_LIMIT_MS, limit.signal).catch(() => undefined);
    await Promise.race([this.openToPods(), waited]);
    limit.abort();
  }

  detach(podUid: string): void {
    if (this.pods.delete(podUid)) void this.openToPods();
  }

  dns(): ClusterDns | undefined {
    const server = this.parts.state.service(DNS_SERVICE)?.clusterIp;
    if (server === undefined) return undefined;
    return { server, domain: this.options.clusterDomain, hostSearches: this.parts.hostSearches };
  }

  /** What is programmed stays. */
  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.parts.dnsServer.stop();
  }

  private openToPods(): Promise<void> {
    return this.proxy.setPods(new Set([...this.pods.values()].flat()));
  }
}
