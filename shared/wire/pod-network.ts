/**
 * What the node channel says of the pod network: the node's own block of addresses, and the other nodes with theirs. The
 * server sends all of it after a registration, and then what changes. A peer replaces what was said of it before. The
 * agent answers with what its node offers its peers, and which way it takes to each.
 */
import type { WireRecord } from './parse-value';
import {
  asArray,
  asBytes,
  asInteger,
  asName,
  asNumber,
  asOneOf,
  asOptional,
  asRecord,
  asString,
  field,
  parseError,
} from './parse-value';

/** Ways from node to node, in the order in which they are preferred. */
export const BACKENDS = ['routes', 'vxlan', 'wireguard', 'relay'] as const;
export type Backend = (typeof BACKENDS)[number];
export const POD_NETWORK_MODES = ['auto', ...BACKENDS] as const;
export type PodNetworkMode = (typeof POD_NETWORK_MODES)[number];

/** How pods of one node get to another: a way, `local` where both are on one machine, `none` where nothing answers. */
export type PeerPath = Backend | 'local' | 'none';

/** A VXLAN device of a node. */
export interface VxlanFacts {
  readonly mac: string;
  /** Of that node alone: whoever sends to it uses its number. */
  readonly vni: number;
  readonly port: number;
}
export interface WireguardFacts {
  /** Base64. */
  readonly publicKey: string;
  readonly port: number;
}

/** What a node offers to those that want to reach its pods. */
export interface PodNetworkFacts {
  /** Same for nodes that share a machine's network. */
  readonly hostId: string;
  readonly vxlan?: VxlanFacts;
  readonly wireguard?: WireguardFacts;
  readonly relay?: VxlanFacts;
}

export interface PodNetworkPeer {
  readonly nodeName: string;
  /** Its InternalIP. */
  readonly address?: string;
  readonly podCidr: string;
  /** Absent: it has not told yet. */
  readonly facts?: PodNetworkFacts;
}

export interface PodNetworkChange {
  /** Snapshot: whatever is not listed does not exist. */
  readonly kind: 'snapshot' | 'change';
  readonly clusterCidr: string;
  readonly mode: PodNetworkMode;
  /** Absent: the node has no block yet. */
  readonly podCidr?: string;
  readonly peers: readonly PodNetworkPeer[];
  readonly removedPeers: readonly string[];
}

/** What an agent tells of its node, as a whole, whenever it changes. */
export interface PodNetworkReport {
  /** Absent: there is no way to the node's pods from elsewhere. */
  readonly facts?: PodNetworkFacts;
  /** How many peers are reached in which way. */
  readonly paths: Readonly<Partial<Record<PeerPath, number>>>;
}

/** Frames for, or from, the node named, each with its length before it (two bytes, the high one first). May be lost. */
export interface RelayFrames {
  readonly nodeName: string;
  readonly frames: Uint8Array;
}

/** One way to a peer, asked just now. */
export interface WayCheck {
  readonly backend: Backend;
  /** There and back; absent: no answer. */
  readonly tookMs?: number;
}
export interface PeerCheck {
  readonly nodeName: string;
  /** The way that is taken. */
  readonly path: PeerPath;
  readonly ways: readonly WayCheck[];
}
export interface UnusableWay {
  readonly backend: Backend;
  readonly why: string;
}
/** What a node found of its network when it was asked to look. */
export interface NetworkCheck {
  /** Why it has none. */
  readonly problem?: string;
  /** Why the engine makes the interfaces of its pods; absent: the agent does. */
  readonly engineInterfaces?: string;
  readonly peers: readonly PeerCheck[];
  readonly unusable: readonly UnusableWay[];
  /** Whether names of the cluster are found; absent: the node serves none. */
  readonly dns?: { readonly tookMs?: number; readonly why?: string };
}

export const PEER_PATHS: readonly PeerPath[] = [...BACKENDS, 'local', 'none'];
const MAX_PEERS = 10_000;
export const MAX_RELAY_BYTES = 256 * 1024;

export function parsePodNetworkChange(value: unknown): PodNetworkChange {
  const message = asRecord(value, 'podNetwork');
  return {
    kind: asOneOf(message['kind'], 'kind', ['snapshot', 'change']),
    clusterCidr: asName(message['clusterCidr'], 'clusterCidr'),
    mode: asOneOf(message['mode'], 'mode', POD_NETWORK_MODES),
    ...field('podCidr', asOptional(message['podCidr'], 'podCidr', asName)),
    peers: asArray(message['peers'], 'peers', parsePeer, MAX_PEERS),
    removedPeers: asArray(message['removedPeers'], 'removedPeers', asName, MAX_PEERS),
  };
}

export function parsePodNetworkReport(value: unknown): PodNetworkReport {
  const message = asRecord(value, 'report');
  const paths = asRecord(message['paths'], 'paths');
  return {
    ...field('facts', asOptional(message['facts'], 'facts', parsePodNetworkFacts)),
    paths: Object.fromEntries(
      PEER_PATHS.filter((path) => paths[path] !== undefined).map((path) => [
        path,
        asInteger(paths[path], `paths.${path}`, { min: 0 }),
      ]),
    ),
  };
}

export function parseNetworkCheck(value: unknown): NetworkCheck {
  const check = asRecord(value, 'check');
  const asText = (text: unknown, path: string): string => asString(text, path, 4_096);
  return {
    ...field('problem', asOptional(check['problem'], 'problem', asText)),
    ...field('engineInterfaces', asOptional(check['engineInterfaces'], 'engineInterfaces', asText)),
    peers: asArray(check['peers'], 'peers', parsePeerCheck, MAX_PEERS),
    unusable: asArray(check['unusable'], 'unusable', (each, path) => {
      const way = asRecord(each, path);
      return {
        backend: asOneOf(way['backend'], `${path}.backend`, BACKENDS),
        why: asText(way['why'], `${path}.why`),
      };
    }),
    ...field(
      'dns',
      asOptional(check['dns'], 'dns', (each, path) => {
        const dns = asRecord(each, path);
        return {
          ...field('tookMs', asOptional(dns['tookMs'], `${path}.tookMs`, asNumber)),
          ...field('why', asOptional(dns['why'], `${path}.why`, asText)),
        };
      }),
    ),
  };
}

function parsePeerCheck(value: unknown, path: string): PeerCheck {
  const check = asRecord(value, path);
  return {
    nodeName: asName(check['nodeName'], `${path}.nodeName`),
    path: asOneOf(check['path'], `${path}.path`, PEER_PATHS),
    ways: asArray(check['ways'], `${path}.ways`, (each, at) => {
      const way = asRecord(each, at);
      return {
        backend: asOneOf(way['backend'], `${at}.backend`, BACKENDS),
        ...field('tookMs', asOptional(way['tookMs'], `${at}.tookMs`, asNumber)),
      };
    }),
  };
}

export function parseRelayFrames(value: unknown): RelayFrames {
  const message = asRecord(value, 'frames');
  return {
    nodeName: asName(message['nodeName'], 'nodeName'),
    frames: asBytes(message['frames'], 'frames', MAX_RELAY_BYTES),
  };
}

export function parsePodNetworkFacts(value: unknown, path = 'facts'): PodNetworkFacts {
  const facts = asRecord(value, path);
  return {
    hostId: asName(facts['hostId'], `${path}.hostId`),
    ...field('vxlan', asOptional(facts['vxlan'], `${path}.vxlan`, parseVxlan)),
    ...field('wireguard', asOptional(facts['wireguard'], `${path}.wireguard`, parseWireguard)),
    ...field('relay', asOptional(facts['relay'], `${path}.relay`, parseVxlan)),
  };
}

function parsePeer(value: unknown, path: string): PodNetworkPeer {
  const peer = asRecord(value, path);
  return {
    nodeName: asName(peer['nodeName'], `${path}.nodeName`),
    ...field('address', asOptional(peer['address'], `${path}.address`, asName)),
    podCidr: asName(peer['podCidr'], `${path}.podCidr`),
    ...field('facts', asOptional(peer['facts'], `${path}.facts`, parsePodNetworkFacts)),
  };
}

const asPort = (facts: WireRecord, path: string): number =>
  asInteger(facts['port'], `${path}.port`, { min: 1, max: 65_535 });

/** What is not of this form never reaches a program of the host. */
function asShaped(value: unknown, path: string, shape: RegExp): string {
  const text = asString(value, path);
  if (!shape.test(text)) throw parseError(path, `something like ${shape.source}`);
  return text;
}

function parseVxlan(value: unknown, path: string): VxlanFacts {
  const facts = asRecord(value, path);
  return {
    mac: asShaped(facts['mac'], `${path}.mac`, /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
    vni: asInteger(facts['vni'], `${path}.vni`, { min: 1, max: 0xff_ff_ff }),
    port: asPort(facts, path),
  };
}

function parseWireguard(value: unknown, path: string): WireguardFacts {
  const facts = asRecord(value, path);
  return {
    publicKey: asShaped(facts['publicKey'], `${path}.publicKey`, /^[A-Za-z0-9+/]{43}=$/),
    port: asPort(facts, path),
  };
}
