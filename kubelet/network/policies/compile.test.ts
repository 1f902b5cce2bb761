import fc from 'fast-check';
import { isIn, mayPass } from '../../../shared/testing/policy-evaluator';
import type { Packet } from '../../../shared/testing/policy-evaluator';
import type {
  NodePolicy,
  PolicyPort,
  PolicyProtocol,
  PolicyRule,
  SelectedPod,
} from '../../../shared/wire/network-policy';
import { compilePolicies } from './compile';
import { PolicyState } from './policy-state';
import type { Direction, Rule, Ruleset } from './ruleset';
import { ITSELF } from './ruleset';

const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '192.0.2.1'];
const GROUPS = ['g1', 'g2'];
const protocol = fc.constantFrom<PolicyProtocol[]>('TCP', 'UDP');
const numbers = fc.record({ protocol, first: fc.constantFrom(0, 80, 81), last: fc.constantFrom(81, 443, 65_535) });
const port: fc.Arbitrary<PolicyPort> = fc.oneof(numbers, fc.record({ protocol, name: fc.constantFrom('http', 'dns') }));
const block = fc.record({
  cidr: fc.constantFrom('10.0.0.0/30', '0.0.0.0/0', '192.0.2.1/32'),
  except: fc.subarray(['10.0.0.2/32', '10.0.0.2/31', '10.0.0.0/8', '10.0.0.2/31']),
});
const peers = fc.record({ groups: fc.subarray(GROUPS), blocks: fc.array(block, { maxLength: 2 }) });
/** What a pod means by a name, all policies are told alike. */
const PODS: Readonly<Record<string, SelectedPod['ports']>> = {
  u1: [{ name: 'http', protocol: 'TCP', port: 80 }],
  u2: [
    { name: 'http', protocol: 'TCP', port: 443 },
    { name: 'http', protocol: 'TCP', port: 81 },
    { name: 'dns', protocol: 'UDP', port: 80 },
  ],
  u3: [],
};
const ruleOf = (ports: fc.Arbitrary<PolicyPort>): fc.Arbitrary<PolicyRule> =>
  fc.oneof(
    fc.record({ peers, ports: fc.array(ports, { maxLength: 3 }) }, { requiredKeys: [] }),
    fc.record({ protocol, endpoints: fc.constantFrom('e1') }),
  );
const policy: fc.Arbitrary<NodePolicy> = fc.record(
  {
    namespace: fc.constant('default'),
    name: fc.constantFrom('p', 'q', 'r'),
    pods: fc.subarray(Object.keys(PODS)).map((uids) => uids.map((uid) => ({ uid, ports: PODS[uid] ?? [] }))),
    ingress: fc.array(ruleOf(port), { maxLength: 2 }),
    // Names of a receiver's ports come as groups of endpoints.
    egress: fc.array(ruleOf(numbers), { maxLength: 2 }),
  },
  { requiredKeys: ['namespace', 'name', 'pods'] },
);
const members = fc.record({
  g1: fc.subarray(ADDRESSES),
  g2: fc.subarray(ADDRESSES),
  e1: fc.subarray(['10.0.0.2:80', '192.0.2.1:443']),
});

/** Reads a ruleset as the kernel does. */
function passes(ruleset: Ruleset, direction: Direction, packet: Packet): boolean {
  if (ruleset.sets.get(ITSELF)?.elements.has(`${packet.from}>${packet.to}`) === true) return true;
  const [own, other] = direction === 'ingress' ? [packet.to, packet.from] : [packet.from, packet.to];
  const isIncluded = (set: string, element: string): boolean => ruleset.sets.get(set)?.elements.has(element) === true;
  const isMet = (rule: Extract<Rule, { kind: 'accept' }>): boolean => {
    const { peer, ports, receiver } = rule;
    if (peer !== undefined && !('set' in peer ? isIncluded(peer.set, other) : isIn(other, peer))) return false;
    if (ports !== undefined) {
      if (ports.protocol !== packet.protocol) return false;
      if (ports.ranges?.some(([first, last]) => first <= packet.port && packet.port <= last) === false) return false;
    }
    return (
      receiver === undefined ||
      (receiver.protocol === packet.protocol && isIncluded(receiver.set, `${packet.to}:${packet.port}`))
    );
  };
  const walk = (name: string): boolean | undefined => {
    for (const rule of ruleset.chains.get(name)?.rules ?? []) {
      const verdict = rule.kind === 'jump' ? walk(rule.chain) : rule.kind === 'drop' ? false : isMet(rule) || undefined;
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  };
  const chain = ruleset[direction].get(own);
  return chain === undefined || (walk(chain) ?? true);
}

describe('compiled policies', () => {
  it('let pass what the policies let pass', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(policy, { selector: ({ name }) => name, maxLength: 3 }),
        members,
        (policies, groups) => {
          const state = new PolicyState();
          const told = Object.entries(groups).map(([id, come]) => ({ id, come, gone: [] }));
          state.apply({ kind: 'snapshot', policies, removedPolicies: [], groups: told, removedGroups: [] });
          const pods = new Map(Object.keys(PODS).map((uid, at) => [uid, [ADDRESSES[at] ?? '']]));
          const ruleset = compilePolicies(state, pods);
          const known = { policies, members: (id: string) => [...state.group(id)] };
          for (const from of ADDRESSES)
            for (const to of ADDRESSES)
              for (const over of ['TCP', 'UDP'])
                for (const number of [80, 81, 443, 9_000]) {
                  const packet = { from, to, protocol: over, port: number };
                  const [sender, receiver] = [from, to].map((address) => `u${ADDRESSES.indexOf(address) + 1}`);
                  const expected = [
                    mayPass(known, 'egress', sender ?? '', packet),
                    mayPass(known, 'ingress', receiver ?? '', packet),
                  ];
                  const is = [passes(ruleset, 'egress', packet), passes(ruleset, 'ingress', packet)];
                  if (is.join() !== expected.join())
                    throw new Error(`${JSON.stringify(packet)}: ${is.join()}, not ${expected.join()}`);
                }
        },
      ),
    );
  });

  it('belong, of two pods that say they have an address, to the one that came later', () => {
    const state = new PolicyState();
    const closed = { namespace: 'default', name: 'p', pods: [{ uid: 'old', ports: [] }], ingress: [] };
    state.apply({ kind: 'snapshot', policies: [closed], removedPolicies: [], groups: [], removedGroups: [] });
    const both = new Map([
      ['old', ['10.0.0.1']],
      ['new', ['10.0.0.1']],
    ]);
    expect(compilePolicies(state, both).ingress.size).toBe(0);
  });
});
