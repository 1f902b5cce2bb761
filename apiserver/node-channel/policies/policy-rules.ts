import { createHash } from 'node:crypto';
import type { IPBlock, NetworkPolicyPeer, NetworkPolicyPort } from 'kubernetes-types/networking/v1';
import type { NetworkPolicy } from '../../../shared/api/objects';
import { parseBlock } from '../../../shared/ip-block';
import type { Selector } from '../../../shared/selectors/label-selector';
import { selectorOf } from '../../../shared/selectors/label-selector';
import type { PolicyBlock, PolicyPort, PolicyProtocol, PolicyRule } from '../../../shared/wire/network-policy';

/** Who is meant by a peer of a policy: pods by their labels, in one namespace or in those of some labels. */
export interface GroupSpec {
  /** The same wherever the same is meant. */
  readonly id: string;
  /** Absent: the namespaces that `namespaces` selects. */
  readonly namespace?: string;
  readonly namespaces: Selector;
  readonly pods: Selector;
  /** Members are addresses with the port that the pod gives this name; pods without it are no members. */
  readonly port?: { readonly name: string; readonly protocol: PolicyProtocol };
}

/** A NetworkPolicy with its selectors read and its peers as groups. */
export interface PolicyRules {
  readonly namespace: string;
  readonly name: string;
  readonly selector: Selector;
  readonly ingress?: readonly PolicyRule[];
  readonly egress?: readonly PolicyRule[];
  readonly groups: ReadonlyMap<string, GroupSpec>;
  /** `protocol/name` of ports of the selected pods that ingress rules name. */
  readonly portNames: ReadonlySet<string>;
}

type Direction = 'ingress' | 'egress';

export const portNameKey = ({ protocol, name }: { readonly protocol: string; readonly name: string }): string =>
  `${protocol}/${name}`;

export function policyRulesOf({ metadata, spec }: NetworkPolicy): PolicyRules {
  const { podSelector, policyTypes = [], ingress = [], egress = [] } = spec ?? { podSelector: {} };
  const groups = new Map<string, GroupSpec>();
  const portNames = new Set<string>();
  const scope = { namespace: metadata.namespace, groups, portNames };
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    selector: selectorOf(podSelector) ?? [],
    ...(policyTypes.includes('Ingress')
      ? { ingress: ingress.flatMap(({ from, ports }) => rulesOf('ingress', from, ports, scope)) }
      : {}),
    ...(policyTypes.includes('Egress')
      ? { egress: egress.flatMap(({ to, ports }) => rulesOf('egress', to, ports, scope)) }
      : {}),
    groups,
    portNames,
  };
}

interface Scope {
  readonly namespace: string;
  readonly groups: Map<string, GroupSpec>;
  readonly portNames: Set<string>;
}

function rulesOf(
  direction: Direction,
  peers: readonly NetworkPolicyPeer[] = [],
  ports: readonly NetworkPolicyPort[] = [],
  scope: Scope,
): readonly PolicyRule[] {
  const told = ports.map(portOf);
  const byName = direction === 'egress' ? told.filter((port) => 'name' in port) : [];
  const direct = direction === 'egress' ? told.filter((port) => !('name' in port)) : told;
  if (direction === 'ingress') for (const port of told) if ('name' in port) scope.portNames.add(portNameKey(port));
  const people =
    peers.length === 0
      ? {}
      : {
          peers: {
            groups: unique(peers.flatMap((peer) => groupOf(peer, scope)?.id ?? [])),
            blocks: peers.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : blockOf(ipBlock))),
          },
        };
  return [
    ...(ports.length === 0 ? [people] : direct.length === 0 ? [] : [{ ...people, ports: direct }]),
    // A name means what each receiver means by it.
    ...byName.flatMap((port) =>
      (peers.length === 0 ? [{ namespaceSelector: {} }] : peers).flatMap((peer): PolicyRule[] => {
        const group = groupOf(peer, scope, port);
        return group === undefined ? [] : [{ protocol: port.protocol, endpoints: group.id }];
      }),
    ),
  ];
}

function portOf({ port, endPort, protocol }: NetworkPolicyPort): PolicyPort {
  const of = { protocol: (protocol ?? 'TCP') as PolicyProtocol };
  if (typeof port === 'string') return { ...of, name: port };
  return port === undefined ? { ...of, first: 0, last: 65_535 } : { ...of, first: port, last: endPort ?? port };
}

/** Undefined for a block of addresses. */
function groupOf(
  { podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer,
  scope: Scope,
  port?: { readonly name: string; readonly protocol: PolicyProtocol },
): GroupSpec | undefined {
  if (ipBlock !== undefined) return undefined;
  const meant = {
    ...(namespaceSelector === undefined ? { namespace: scope.namespace } : {}),
    namespaces: selectorOf(namespaceSelector) ?? [],
    pods: selectorOf(podSelector) ?? [],
    ...(port === undefined ? {} : { port: { name: port.name, protocol: port.protocol } }),
  };
  const id = createHash('sha256').update(JSON.stringify(meant)).digest('hex').slice(0, 20);
  const group = scope.groups.get(id) ?? { id, ...meant };
  scope.groups.set(id, group);
  return group;
}

const unique = (ids: readonly string[]): readonly string[] => [...new Set(ids)];

/** Pods have IPv4 addresses alone: nothing of theirs matches another kind of block. */
function blockOf({ cidr, except = [] }: IPBlock): readonly PolicyBlock[] {
  const outer = parseBlock(cidr);
  if (outer?.isIPv4 !== true) return [];
  const inner = except.map((text) => parseBlock(text));
  // What cannot be read could take nothing away from what is let in.
  if (inner.some((block) => block === undefined)) return [];
  return [{ cidr: outer.text, except: inner.flatMap((block) => (block?.isIPv4 === true ? [block.text] : [])) }];
}
