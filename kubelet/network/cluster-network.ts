import { Resolver } from 'node:dns/promises';
import type { Clock } from '../../shared/clock';
import { messageOf } from '../../shared/message-of';
import { StatusError } from '../../shared/status-error';
import type { NetworkChange } from '../../shared/wire/network';
import type { NetworkCheck, PodNetworkChange, RelayFrames } from '../../shared/wire/pod-network';
import type { PolicyChange } from '../../shared/wire/network-policy';
import type { AgentNetwork } from '../agent/agent-options';
import type { ApiAddress } from '../api-relay/api-relay';
import type { ClusterDns } from '../environment/cluster-dns';
import type { PodBridge } from './bridged-traffic';
import { NetworkState, keyOf } from './network-state';
import type { NodeNetwork } from './node-network';
import type { OpenNft } from './open-nft';
import type { OpenNetwork, PodNetwork } from './pod-network/pod-network';
import type { NodePolicies, RunningPod } from './policies/node-policies';

/** A new node is given its block right after it registered. */
const OPEN_LIMIT_MS = 10_000;
const DNS_LIMIT_MS = 1_000;

/** What stands at the node's first address for its pods. */
export interface Doors {
  readonly apiAddress: () => ApiAddress | undefined;
  /** Absent where this machine cannot serve Services. */
  readonly services?: NodeNetwork;
  close(): Promise<void>;
}

export interface ClusterNetworkOptions {
  readonly clock: Clock;
  /** Absent where the agent may not change this machine's network. */
  readonly bridge?: PodBridge;
  readonly nft: OpenNft;
  /** Absent where this machine cannot keep pods to their NetworkPolicies. */
  readonly policies?: NodePolicies;
  /** `state`: what the server has told of Services, and will. */
  readonly openDoors: (network: OpenNetwork, state: NetworkState) => Promise<Doors>;
}

/**
 * The node's part in the cluster's network, from before it has any addresses: what is told and asked meanwhile waits.
 * `podNetwork` is set by whoever made it, before anything else is called.
 */
export class ClusterNetwork implements AgentNetwork {
  private readonly state = new NetworkState();
  private readonly pods = new Map<string, readonly string[]>();
  private isTold = false;
  private doors: Doors | undefined;
  private waiting = new Set<() => void>();

  constructor(
    private readonly options: ClusterNetworkOptions,
    private readonly podNetwork: () => PodNetwork,
  ) {}

  /** Opens the doors at the node's addresses, in the place of those at others. */
  async open(network: OpenNetwork): Promise<void> {
    await this.options.bridge?.open(network.bridge);
    await this.doors?.close();
    const doors = await this.options.openDoors(network, this.state);
    this.doors = doors;
    for (const [uid, addresses] of this.pods) await doors.services?.attach(uid, addresses);
    const keys = new Set([...this.state.allServices()].map(keyOf));
    if (this.isTold) await doors.services?.update(keys);
  }

  /** Whoever waited for the network may go on. */
  opened(): void {
    for (const go of [...this.waiting]) go();
  }

  get apiAddress(): ApiAddress | undefined {
    return this.doors?.apiAddress();
  }

  async stop(): Promise<void> {
    await this.podNetwork().stop();
    await this.options.policies?.stop();
    await this.doors?.close();
    await this.options.nft.stop();
  }

  async apply(change: NetworkChange): Promise<void> {
    this.isTold = true;
    const { doors } = this;
    if (doors === undefined) return void this.state.apply(change);
    await (doors.services?.apply(change) ?? this.state.apply(change));
  }

  applyPolicies(change: PolicyChange): boolean {
    this.options.policies?.apply(change);
    return this.options.policies !== undefined;
  }

  async adopt(pods: readonly RunningPod[]): Promise<void> {
    this.options.policies?.adopt(pods);
    for (const { uid, addresses } of pods) if (addresses.length > 0) await this.openServices(uid, addresses);
  }

  applyPodNetwork(change: PodNetworkChange): void {
    this.podNetwork().apply(change);
  }

  relayFrames(frames: RelayFrames): void {
    this.podNetwork().deliver(frames);
  }

  /** Looks at the ways to all peers, and whether names are found. */
  async check(): Promise<NetworkCheck> {
    const [found, dns] = await Promise.all([this.podNetwork().check(), this.checkNames()]);
    return { ...found, ...(dns === undefined ? {} : { dns }) };
  }

  problem(): string | undefined {
    return this.podNetwork().problem;
  }

  isThere(): boolean {
    return this.podNetwork().network !== undefined;
  }

  async engineNetwork(signal: AbortSignal): Promise<string> {
    if (this.podNetwork().network === undefined && this.podNetwork().problem === undefined) await this.change(signal);
    const { network, problem } = this.podNetwork();
    if (network !== undefined) return network.network;
    throw new StatusError(
      'ServiceUnavailable',
      problem ?? 'the server has not given this node a block of addresses for its pods yet',
    );
  }

  async attach(podUid: string, addresses: readonly string[]): Promise<void> {
    await this.options.bridge?.attach();
    await Promise.all([this.openServices(podUid, addresses), this.options.policies?.attach(podUid, addresses)]);
  }

  detach(podUid: string): void {
    this.pods.delete(podUid);
    this.doors?.services?.detach(podUid);
    this.options.policies?.detach(podUid);
  }

  dns(): ClusterDns | undefined {
    return this.doors?.services?.dns();
  }

  private async openServices(podUid: string, addresses: readonly string[]): Promise<void> {
    this.pods.set(podUid, addresses);
    await this.doors?.services?.attach(podUid, addresses);
  }

  private async checkNames(): Promise<NetworkCheck['dns']> {
    const dns = this.dns();
    if (dns === undefined) return undefined;
    const { clock } = this.options;
    const resolver = new Resolver({ timeout: DNS_LIMIT_MS, tries: 2 });
    resolver.setServers([dns.server]);
    const startedMs = clock.monotonic();
    try {
      await resolver.resolve4(`kubernetes.default.svc.${dns.domain}`);
      return { tookMs: clock.monotonic() - startedMs };
    } catch (error) {
      return { why: messageOf(error) };
    }
  }

  /** Resolves when the network is there, and at the latest after a while. */
  private change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        cancel();
        signal.removeEventListener('abort', go);
        this.waiting.delete(go);
        resolve();
      };
      const cancel = this.options.clock.setTimeout(go, OPEN_LIMIT_MS);
      signal.addEventListener('abort', go, { once: true });
      this.waiting.add(go);
    });
  }
}
