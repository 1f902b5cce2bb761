import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type {
  NodePolicy,
  PolicyBlock,
  PolicyPort,
  PolicyProtocol,
  PolicyRule,
} from '../../../shared/wire/network-policy';
import type { PolicyState } from './policy-state';
import type { Chain, Direction, PeerMatch, PortMatch, Rule, Ruleset, RuleSet } from './ruleset';
import { ITSELF } from './ruleset';

/** `pods`: the addresses of the node's pods by uid; of two with one address, the later has it. */
export function compilePolicies(state: PolicyState, pods: ReadonlyMap<string, readonly string[]>): Ruleset {
  const compiler = new Compiler(state);
  for (const policy of state.policies) compiler.policy(policy);
  return compiler.finish(pods);
}

interface Selecting {
  readonly ingress: string[];
  readonly egress: string[];
}

class Compiler {
  private readonly sets = new Map<string, RuleSet>();
  private readonly chains = new Map<string, Chain>();
  /** By uid of the pod: the chains of the policies that select it. */
  private readonly selecting = new Map<string, Selecting>();
  /** By set: what pods mean by a port's name. */
  private readonly named = new Map<string, Map<string, number[]>>();

  constructor(private readonly state: PolicyState) {}

  policy(policy: NodePolicy): void {
    const hash = hashOf(`${policy.namespace}/${policy.name}`);
    for (const direction of ['ingress', 'egress'] as const) {
      const rules = policy[direction];
      if (rules === undefined) continue;
      const chain = `${direction}-policy-${hash}`;
      this.chains.set(chain, { direction, rules: rules.flatMap((rule) => this.rulesFor(rule)) });
      for (const { uid } of policy.pods) this.selectingOf(uid)[direction].push(chain);
    }
    for (const { uid, ports } of policy.pods)
      for (const { name, protocol, port } of ports) {
        const byPod = mapIn(this.named, namedSet(protocol, name));
        byPod.set(uid, [...new Set([...(byPod.get(uid) ?? []), port])]);
      }
  }

  finish(pods: ReadonlyMap<string, readonly string[]>): Ruleset {
    const ingress = new Map<string, string>();
    const egress = new Map<string, string>();
    const owner = new Map<string, string>();
    for (const [uid, addresses] of pods) for (const address of addresses) owner.set(address, uid);
    for (const [address, uid] of owner) {
      const selecting = this.selecting.get(uid);
      if (selecting === undefined) continue;
      if (selecting.ingress.length > 0) ingress.set(address, this.chainFor('ingress', selecting.ingress));
      if (selecting.egress.length > 0) egress.set(address, this.chainFor('egress', selecting.egress));
    }
    for (const [name, byPod] of this.named) {
      const endpoints = [...owner].flatMap(([address, uid]) =>
        (byPod.get(uid) ?? []).map((port) => `${address}:${port}`),
      );
      this.sets.set(name, { kind: 'endpoints', elements: new Set(endpoints) });
    }
    const isolated = new Set([...ingress.keys(), ...egress.keys()]);
    const itself = [...isolated].map((address) => `${address}>${address}`);
    this.sets.set(ITSELF, { kind: 'pairs', elements: new Set(itself) });
    return { sets: this.sets, chains: this.chains, ingress, egress };
  }

  /** One chain for all pods that the same policies select. */
  private chainFor(direction: Direction, policies: readonly string[]): string {
    const chains = [...policies].sort();
    const name = `${direction}-pods-${hashOf(chains.join())}`;
    const jumps = chains.map((chain): Rule => ({ kind: 'jump', chain }));
    if (!this.chains.has(name)) this.chains.set(name, { direction, rules: [...jumps, { kind: 'drop' }] });
    return name;
  }

  private rulesFor(rule: PolicyRule): readonly Rule[] {
    if ('endpoints' in rule) {
      const { protocol } = rule;
      return [{ kind: 'accept', receiver: { set: this.group(rule.endpoints, 'endpoints'), protocol } }];
    }
    const peers: readonly (PeerMatch | undefined)[] =
      rule.peers === undefined
        ? [undefined]
        : [
            ...rule.peers.groups.map((id) => ({ set: this.group(id, 'addresses') })),
            ...rule.peers.blocks.map(({ cidr, except }) => ({ cidr, except: apart(except) })),
          ];
    const ports = rule.ports === undefined ? [{}] : this.portMatches(rule.ports);
    return peers.flatMap((peer) =>
      ports.map((match): Rule => ({ kind: 'accept', ...(peer === undefined ? {} : { peer }), ...match })),
    );
  }

  private portMatches(
    ports: readonly PolicyPort[],
  ): readonly Pick<Extract<Rule, { kind: 'accept' }>, 'ports' | 'receiver'>[] {
    const ranges = new Map<PolicyProtocol, [number, number][]>();
    const receivers: { receiver: { set: string; protocol: PolicyProtocol } }[] = [];
    for (const port of ports) {
      if ('name' in port) {
        const set = namedSet(port.protocol, port.name);
        mapIn(this.named, set);
        receivers.push({ receiver: { set, protocol: port.protocol } });
      } else ranges.set(port.protocol, [...(ranges.get(port.protocol) ?? []), [port.first, port.last]]);
    }
    const numbers = [...ranges].map(([protocol, each]): { ports: PortMatch } => {
      const merged = merge(each);
      const [[first, last] = [1, 0]] = merged;
      return { ports: first === 0 && last === 65_535 ? { protocol } : { protocol, ranges: merged } };
    });
    return [...numbers, ...receivers];
  }

  private group(id: string, kind: 'addresses' | 'endpoints'): string {
    const name = `group-${id}`;
    this.sets.set(name, { kind, elements: this.state.group(id) });
    return name;
  }

  private selectingOf(uid: string): Selecting {
    const found = this.selecting.get(uid) ?? { ingress: [], egress: [] };
    this.selecting.set(uid, found);
    return found;
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
const namedSet = (protocol: PolicyProtocol, name: string): string => `port-${protocol.toLowerCase()}-${hashOf(name)}`;

function mapIn<K, I, V>(outer: Map<K, Map<I, V>>, key: K): Map<I, V> {
  const found = outer.get(key) ?? new Map<I, V>();
  outer.set(key, found);
  return found;
}

/** Ranges that neither meet nor overlap, ascending. */
function merge(ranges: readonly [number, number][]): readonly (readonly [number, number])[] {
  const merged: [number, number][] = [];
  for (const [first, last] of ranges.map((range) => [...range] as [number, number]).sort(([a], [b]) => a - b)) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** Of blocks within others the outer ones: the kernel takes none that overlap. */
function apart(blocks: readonly PolicyBlock['cidr'][]): readonly string[] {
  const parsed = [...new Set(blocks)].map((cidr) => ({ cidr, block: ipaddr.IPv4.parseCIDR(cidr) }));
  const outer = parsed.filter(
    ({ block: [address, bits] }, index) =>
      !parsed.some(({ block: [other, otherBits] }, at) => {
        if (at === index || !address.match(other, otherBits)) return false;
        return otherBits < bits || (otherBits === bits && at < index);
      }),
  );
  return outer.map(({ cidr }) => cidr);
}
