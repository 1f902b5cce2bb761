/**
 * What the node channel says of NetworkPolicies: to each node those that select pods of it, and who their peers are. Sent
 * whole after a registration, and then one small message for each change, ahead of the pods that it concerns. Who is meant
 * by a selector is a group of addresses under an id, told once however many policies speak of it.
 */
import net from 'node:net';
import type { WireRecord } from './parse-value';
import { asArray, asInteger, asName, asOneOf, asOptional, asRecord, asString, field, parseError } from './parse-value';

export const POLICY_PROTOCOLS = ['TCP', 'UDP', 'SCTP'] as const;
export type PolicyProtocol = (typeof POLICY_PROTOCOLS)[number];

/** Ports of the receiver: a range, both ends in it, or one by the name that the selected pod gives it. */
export type PolicyPort =
  | { readonly protocol: PolicyProtocol; readonly first: number; readonly last: number }
  | { readonly protocol: PolicyProtocol; readonly name: string };

/** IPv4 in CIDR notation. */
export interface PolicyBlock {
  readonly cidr: string;
  readonly except: readonly string[];
}

export interface PolicyPeers {
  /** Ids of groups of addresses. */
  readonly groups: readonly string[];
  readonly blocks: readonly PolicyBlock[];
}

/** What passes: by peer and port, or (egress to ports by name) towards whatever stands in a group of addresses with ports. */
export type PolicyRule =
  | {
      /** Absent: everyone. */
      readonly peers?: PolicyPeers;
      /** Absent: everything, whatever its protocol. */
      readonly ports?: readonly PolicyPort[];
    }
  | { readonly protocol: PolicyProtocol; readonly endpoints: string };

export interface SelectedPod {
  readonly uid: string;
  /** Those of its ports that the policy's ingress rules name. */
  readonly ports: readonly { readonly name: string; readonly protocol: PolicyProtocol; readonly port: number }[];
}

export interface NodePolicy {
  readonly namespace: string;
  readonly name: string;
  /** The pods of this node that it selects. */
  readonly pods: readonly SelectedPod[];
  /** Absent: it says nothing of that direction. */
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
}

/** Members are addresses (`10.1.2.3`), or addresses with a port (`10.1.2.3:80`). */
export interface PolicyGroup {
  readonly id: string;
  readonly come: readonly string[];
  readonly gone: readonly string[];
}

export interface PolicyChange {
  /** Snapshot: whatever is not listed does not exist. */
  readonly kind: 'snapshot' | 'change';
  readonly policies: readonly NodePolicy[];
  /** `namespace/name`. */
  readonly removedPolicies: readonly string[];
  readonly groups: readonly PolicyGroup[];
  readonly removedGroups: readonly string[];
}

const MAX_ITEMS = 100_000;

/** All that goes into the kernel's rules is checked here: nothing else may stand in them. */
export function parsePolicyChange(value: unknown): PolicyChange {
  const message = asRecord(value, 'policies');
  return {
    kind: asOneOf(message['kind'], 'kind', ['snapshot', 'change']),
    policies: asArray(message['policies'], 'policies', parsePolicy, MAX_ITEMS),
    removedPolicies: asArray(message['removedPolicies'], 'removedPolicies', asText, MAX_ITEMS),
    groups: asArray(message['groups'], 'groups', parseGroup, MAX_ITEMS),
    removedGroups: asArray(message['removedGroups'], 'removedGroups', asGroupId, MAX_ITEMS),
  };
}

const asText = (value: unknown, path: string): string => asString(value, path);
const asPort = (value: unknown, path: string): number => asInteger(value, path, { min: 0, max: 65_535 });
const asProtocol = (value: unknown, path: string): PolicyProtocol => asOneOf(value, path, POLICY_PROTOCOLS);

function asGroupId(value: unknown, path: string): string {
  const id = asString(value, path);
  if (!/^[0-9a-z]{1,64}$/.test(id)) throw parseError(path, 'the id of a group');
  return id;
}

function asMember(value: unknown, path: string): string {
  const member = asString(value, path);
  const [address = '', port, ...rest] = member.split(':');
  const isPort = port === undefined || (/^\d{1,5}$/.test(port) && Number(port) <= 65_535);
  if (!net.isIPv4(address) || !isPort || rest.length > 0) throw parseError(path, 'an address, or one with a port');
  return member;
}

function asBlock(value: unknown, path: string): string {
  const block = asString(value, path);
  const [address = '', bits = '', ...rest] = block.split('/');
  if (!net.isIPv4(address) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32 || rest.length > 0)
    throw parseError(path, 'IPv4 addresses in CIDR notation');
  return block;
}

function parsePolicy(value: unknown, path: string): NodePolicy {
  const policy = asRecord(value, path);
  const rules = (direction: 'ingress' | 'egress') =>
    asOptional(policy[direction], `${path}.${direction}`, (each, at) => asArray(each, at, parseRule));
  return {
    namespace: asName(policy['namespace'], `${path}.namespace`),
    name: asName(policy['name'], `${path}.name`),
    pods: asArray(policy['pods'], `${path}.pods`, parseSelected),
    ...field('ingress', rules('ingress')),
    ...field('egress', rules('egress')),
  };
}

function parseSelected(value: unknown, path: string): SelectedPod {
  const pod = asRecord(value, path);
  return {
    uid: asName(pod['uid'], `${path}.uid`),
    ports: asArray(pod['ports'], `${path}.ports`, (each, at) => {
      const port = asRecord(each, at);
      return { ...parseName(port, at), port: asPort(port['port'], `${at}.port`) };
    }),
  };
}

const parseName = (port: WireRecord, path: string) => ({
  name: asName(port['name'], `${path}.name`),
  protocol: asProtocol(port['protocol'], `${path}.protocol`),
});

function parseRule(value: unknown, path: string): PolicyRule {
  const rule = asRecord(value, path);
  if (rule['endpoints'] !== undefined) {
    return {
      protocol: asProtocol(rule['protocol'], `${path}.protocol`),
      endpoints: asGroupId(rule['endpoints'], `${path}.endpoints`),
    };
  }
  return {
    ...field('peers', asOptional(rule['peers'], `${path}.peers`, parsePeers)),
    ...field(
      'ports',
      asOptional(rule['ports'], `${path}.ports`, (ports, at) => asArray(ports, at, parsePort)),
    ),
  };
}

function parsePeers(value: unknown, path: string): PolicyPeers {
  const peers = asRecord(value, path);
  return {
    groups: asArray(peers['groups'], `${path}.groups`, asGroupId),
    blocks: asArray(peers['blocks'], `${path}.blocks`, (each, at) => {
      const block = asRecord(each, at);
      return {
        cidr: asBlock(block['cidr'], `${at}.cidr`),
        except: asArray(block['except'], `${at}.except`, asBlock),
      };
    }),
  };
}

function parsePort(value: unknown, path: string): PolicyPort {
  const port = asRecord(value, path);
  if (port['name'] !== undefined) return parseName(port, path);
  return {
    protocol: asProtocol(port['protocol'], `${path}.protocol`),
    first: asPort(port['first'], `${path}.first`),
    last: asPort(port['last'], `${path}.last`),
  };
}

function parseGroup(value: unknown, path: string): PolicyGroup {
  const group = asRecord(value, path);
  return {
    id: asGroupId(group['id'], `${path}.id`),
    come: asArray(group['come'], `${path}.come`, asMember, MAX_ITEMS),
    gone: asArray(group['gone'], `${path}.gone`, asMember, MAX_ITEMS),
  };
}
