import net from 'node:net';
import type { Node } from '../../shared/api/objects';
import type { Logger } from '../../shared/logger';
import { ignoreNotFound } from '../../shared/status-error';
import { isSameJson } from '../../shared/same-json';
import type {
  PodNetworkChange,
  PodNetworkFacts,
  PodNetworkMode,
  PodNetworkPeer,
  PodNetworkReport,
} from '../../shared/wire/pod-network';
import { PEER_PATHS, parsePodNetworkFacts } from '../../shared/wire/pod-network';
import type { Client, ObjectChange, View } from '../registry/client';

/** What a node offers those that want to reach its pods, as it told; kept, so that a server that restarts knows it at once. */
export const POD_NETWORK_ANNOTATION = 'pinsetter.io/pod-network';
/** Which ways the node takes, to how many others: `routes=3,relay=1`. */
export const POD_NETWORK_PATHS_ANNOTATION = 'pinsetter.io/pod-network-paths';

export interface PodNetworkSettings {
  readonly clusterCidr: string;
  readonly mode: PodNetworkMode;
}

interface Subscriber {
  readonly nodeName: string;
  readonly send: (change: PodNetworkChange) => void;
}

/** Tells nodes their own block of addresses and of each other. What it knows stands in the Nodes. */
export class PodNetworkFeed {
  private readonly nodes: View<Node>;
  private readonly subscribers = new Set<Subscriber>();
  private readonly changed = new Set<string>();
  private readonly end: () => void;
  private flushing = false;

  constructor(
    private readonly deps: {
      readonly client: Client;
      readonly logger: Logger;
      readonly podNetwork: PodNetworkSettings;
    },
  ) {
    this.nodes = deps.client.view('Node');
    this.end = this.nodes.onChange((change) => this.onChange(change));
  }

  stop(): void {
    this.end();
    this.subscribers.clear();
  }

  /** Sends everything there is, and every change from then on. Returns what ends that. */
  subscribe(nodeName: string, send: (change: PodNetworkChange) => void): () => void {
    const subscriber = { nodeName, send };
    this.subscribers.add(subscriber);
    const peers = this.nodes.list().flatMap((node) => peerOf(node) ?? []);
    send(this.message(nodeName, 'snapshot', { peers, removedPeers: [] }));
    return () => void this.subscribers.delete(subscriber);
  }

  async report(nodeName: string, { facts, paths }: PodNetworkReport): Promise<void> {
    const told: Record<string, string | undefined> = {
      [POD_NETWORK_ANNOTATION]: facts === undefined ? undefined : JSON.stringify(facts),
      [POD_NETWORK_PATHS_ANNOTATION]: PEER_PATHS.flatMap((path) =>
        (paths[path] ?? 0) > 0 ? [`${path}=${paths[path]}`] : [],
      ).join(','),
    };
    await this.deps.client
      .modify('Node', { name: nodeName }, (node) => {
        const annotations = Object.fromEntries(
          Object.entries({ ...node.metadata.annotations, ...told }).filter(
            (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
          ),
        );
        if (isSameJson(annotations, node.metadata.annotations)) return undefined;
        return { ...node, metadata: { ...node.metadata, annotations } };
      })
      .catch(ignoreNotFound);
  }

  private message(
    nodeName: string,
    kind: PodNetworkChange['kind'],
    { peers, removedPeers }: Pick<PodNetworkChange, 'peers' | 'removedPeers'>,
  ): PodNetworkChange {
    const podCidr = podCidrOf(this.nodes.get({ name: nodeName }));
    return {
      kind,
      ...this.deps.podNetwork,
      ...(podCidr === undefined ? {} : { podCidr }),
      peers: peers.filter((peer) => peer.nodeName !== nodeName),
      removedPeers: removedPeers.filter((name) => name !== nodeName),
    };
  }

  private onChange({ type, object, previous }: ObjectChange<Node>): void {
    if (type !== 'DELETED' && previous !== undefined && isSameJson(peerOf(object), peerOf(previous))) return;
    this.changed.add(object.metadata.name);
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => this.flush());
  }

  /** What changes in one turn is one message. */
  private flush(): void {
    this.flushing = false;
    const names = [...this.changed];
    this.changed.clear();
    const peers = names.flatMap((name) => peerOf(this.nodes.get({ name })) ?? []);
    const present = new Set(peers.map(({ nodeName }) => nodeName));
    const removedPeers = names.filter((name) => !present.has(name));
    for (const { nodeName, send } of this.subscribers) send(this.message(nodeName, 'change', { peers, removedPeers }));
  }
}

const podCidrOf = (node: Node | undefined): string | undefined =>
  [...(node?.spec?.podCIDRs ?? []), node?.spec?.podCIDR ?? ''].find((cidr) => net.isIPv4(cidr.split('/')[0] ?? ''));

/** Undefined where the node has no block yet. */
function peerOf(node: Node | undefined): PodNetworkPeer | undefined {
  const podCidr = podCidrOf(node);
  if (node === undefined || podCidr === undefined) return undefined;
  const address = (node.status?.addresses ?? []).find(
    (each) => each.type === 'InternalIP' && net.isIPv4(each.address),
  )?.address;
  const facts = factsOf(node);
  return {
    nodeName: node.metadata.name,
    ...(address === undefined ? {} : { address }),
    podCidr,
    ...(facts === undefined ? {} : { facts }),
  };
}

/** Somebody else may have written there. */
function factsOf({ metadata }: Node): PodNetworkFacts | undefined {
  try {
    return parsePodNetworkFacts(JSON.parse(metadata.annotations?.[POD_NETWORK_ANNOTATION] ?? '') as unknown);
  } catch {
    return undefined;
  }
}
