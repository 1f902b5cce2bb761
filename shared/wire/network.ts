/**
 * What the node channel says of Services and of who stands behind them, as much as a node's proxy and DNS need. The server
 * sends all of it after a registration, and then one small message for each change. A message replaces what was said of
 * the same Service or slice before, so that one which comes twice changes nothing.
 */
import type { WireRecord } from './parse-value';
import { asArray, asBoolean, asInteger, asName, asOneOf, asOptional, asRecord, asString, field } from './parse-value';

export type NetworkProtocol = 'TCP' | 'UDP';

export interface NetworkPort {
  /** Empty where the Service has one port without a name. */
  readonly name: string;
  readonly port: number;
  readonly protocol: NetworkProtocol;
  readonly nodePort?: number;
}

export interface NetworkService {
  readonly namespace: string;
  readonly name: string;
  /** Absent: headless, or a name for something outside. */
  readonly clusterIp?: string;
  /** externalIPs and those of the load balancer. */
  readonly externalIps: readonly string[];
  /** Set for type ExternalName alone. */
  readonly externalName?: string;
  readonly ports: readonly NetworkPort[];
  /** How long a client stays with the endpoint it was given. Absent: each connection is for itself. */
  readonly affinitySeconds?: number;
  readonly internalLocal: boolean;
  readonly externalLocal: boolean;
  readonly publishNotReady: boolean;
}

export interface NetworkEndpoint {
  readonly address: string;
  readonly nodeName?: string;
  readonly hostname?: string;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

/** One EndpointSlice. */
export interface NetworkSlice {
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: NetworkProtocol }[];
  readonly endpoints: readonly NetworkEndpoint[];
}

export interface NetworkChange {
  /** Snapshot: whatever is not listed does not exist. */
  readonly kind: 'snapshot' | 'change';
  readonly revision: number;
  readonly services: readonly NetworkService[];
  readonly slices: readonly NetworkSlice[];
  /** `namespace/name`. */
  readonly removedServices: readonly string[];
  readonly removedSlices: readonly string[];
}

/** The node's proxy does what was said up to that revision. */
export interface NetworkApplied {
  readonly revision: number;
}

/** A pod is about to be stopped: answered when no proxy sends new connections to it any more, or when it takes too long. */
export interface Withdrawal {
  readonly podUid: string;
}

const MAX_ITEMS = 100_000;

const asProtocol = (value: unknown, path: string): NetworkProtocol => asOneOf(value, path, ['TCP', 'UDP']);
const asPort = (value: unknown, path: string): number => asInteger(value, path, { min: 1, max: 65_535 });
const names = (message: WireRecord, key: string): readonly string[] =>
  asArray(message[key], key, (value, path) => asString(value, path), MAX_ITEMS);

export function parseNetworkChange(value: unknown): NetworkChange {
  const message = asRecord(value, 'network');
  return {
    kind: asOneOf(message['kind'], 'kind', ['snapshot', 'change']),
    revision: asInteger(message['revision'], 'revision', { min: 0 }),
    services: asArray(message['services'], 'services', parseService, MAX_ITEMS),
    slices: asArray(message['slices'], 'slices', parseSlice, MAX_ITEMS),
    removedServices: names(message, 'removedServices'),
    removedSlices: names(message, 'removedSlices'),
  };
}

export function parseNetworkApplied(value: unknown): NetworkApplied {
  return { revision: asInteger(asRecord(value, 'applied')['revision'], 'revision', { min: 0 }) };
}

export function parseWithdrawal(value: unknown): Withdrawal {
  return { podUid: asName(asRecord(value, 'withdrawal')['podUid'], 'podUid') };
}

function parseService(value: unknown, path: string): NetworkService {
  const service = asRecord(value, path);
  return {
    namespace: asName(service['namespace'], `${path}.namespace`),
    name: asName(service['name'], `${path}.name`),
    ...field('clusterIp', asOptional(service['clusterIp'], `${path}.clusterIp`, asName)),
    externalIps: asArray(service['externalIps'], `${path}.externalIps`, asName),
    ...field('externalName', asOptional(service['externalName'], `${path}.externalName`, asName)),
    ports: asArray(service['ports'], `${path}.ports`, (each, at) => {
      const port = asRecord(each, at);
      return { ...parsePort(port, at), ...field('nodePort', asOptional(port['nodePort'], `${at}.nodePort`, asPort)) };
    }),
    ...field(
      'affinitySeconds',
      asOptional(service['affinitySeconds'], `${path}.affinitySeconds`, (seconds, at) =>
        asInteger(seconds, at, { min: 1 }),
      ),
    ),
    internalLocal: asBoolean(service['internalLocal'], `${path}.internalLocal`),
    externalLocal: asBoolean(service['externalLocal'], `${path}.externalLocal`),
    publishNotReady: asBoolean(service['publishNotReady'], `${path}.publishNotReady`),
  };
}

const parsePort = (port: WireRecord, path: string) => ({
  name: asString(port['name'], `${path}.name`),
  port: asPort(port['port'], `${path}.port`),
  protocol: asProtocol(port['protocol'], `${path}.protocol`),
});

function parseSlice(value: unknown, path: string): NetworkSlice {
  const slice = asRecord(value, path);
  return {
    namespace: asName(slice['namespace'], `${path}.namespace`),
    name: asName(slice['name'], `${path}.name`),
    service: asName(slice['service'], `${path}.service`),
    ports: asArray(slice['ports'], `${path}.ports`, (port, at) => parsePort(asRecord(port, at), at)),
    endpoints: asArray(slice['endpoints'], `${path}.endpoints`, parseEndpoint),
  };
}

function parseEndpoint(value: unknown, path: string): NetworkEndpoint {
  const endpoint = asRecord(value, path);
  return {
    address: asName(endpoint['address'], `${path}.address`),
    ...field('nodeName', asOptional(endpoint['nodeName'], `${path}.nodeName`, asName)),
    ...field('hostname', asOptional(endpoint['hostname'], `${path}.hostname`, asName)),
    ready: asBoolean(endpoint['ready'], `${path}.ready`),
    serving: asBoolean(endpoint['serving'], `${path}.serving`),
    terminating: asBoolean(endpoint['terminating'], `${path}.terminating`),
  };
}
