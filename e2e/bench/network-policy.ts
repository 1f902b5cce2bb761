/**
 * How long the kernel takes to do as a changed NetworkPolicy says: 1,000 pods of one node, 100 policies, each of them
 * selecting a hundred pods and letting in ten groups of a hundred; in a network namespace of its own.
 */
import { performance } from 'node:perf_hooks';
import type { NodePolicy, PolicyChange } from '../../shared/wire/network-policy';
import { compilePolicies } from '../../kubelet/network/policies/compile';
import { NftPolicyKernel } from '../../kubelet/network/policies/policy-kernel';
import { PolicyState } from '../../kubelet/network/policies/policy-state';
import { emptyRuleset } from '../../kubelet/network/policies/ruleset';
import { Lan } from '../../kubelet/network/testing/lan';
import { runProgram } from './run-program';

const PODS = 1_000;
const POLICIES = 100;
const ROUNDS = 21;

const address = (pod: number): string => `10.9.${1 + Math.floor(pod / 250)}.${1 + (pod % 250)}`;
const every = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

const groups = every(200, (at) => ({
  id: `g${at}`,
  come: every(100, (member) => address((at * 37 + member * 7) % PODS)),
  gone: [],
}));
const policy = (at: number, port = 80): NodePolicy => ({
  namespace: 'default',
  name: `p${at}`,
  pods: every(100, (pod) => ({ uid: String((at * 10 + pod) % PODS), ports: [] })),
  ingress: [
    {
      peers: { groups: every(10, (group) => `g${(at * 2 + group) % groups.length}`), blocks: [] },
      ports: [{ protocol: 'TCP', first: port, last: port }],
    },
  ],
});
const nothing: PolicyChange = { kind: 'change', policies: [], removedPolicies: [], groups: [], removedGroups: [] };

async function main(): Promise<void> {
  const lan = await Lan.create(0);
  try {
    const kernel = new NftPolicyKernel('bench', lan.nft('machine'));
    const pods = new Map(every(PODS, (pod) => [String(pod), [address(pod)]] as const));
    const state = new PolicyState();
    let held = emptyRuleset;
    const times = new Map<string, number[]>();
    const timed = async (what: string, act: () => Promise<unknown>): Promise<void> => {
      const begin = performance.now();
      await act();
      times.set(what, [...(times.get(what) ?? []), performance.now() - begin]);
    };
    const tell = async (change: Partial<PolicyChange>): Promise<void> => {
      state.apply({ ...nothing, ...change });
      const fresh = compilePolicies(state, pods);
      await kernel.change(held, fresh);
      held = fresh;
    };
    state.apply({ ...nothing, kind: 'snapshot', policies: every(POLICIES, (at) => policy(at)), groups });
    for (let round = 0; round < ROUNDS; round++) {
      await timed('a program that does nothing, in the namespace', () => lan.in('machine', 'true', []));
      await timed('everything anew', async () => {
        held = compilePolicies(state, pods);
        await kernel.replace(held);
      });
      await timed('a policy opens another port', () => tell({ policies: [policy(round, 8_080 + round)] }));
      await timed('a peer comes', () =>
        tell({ groups: [{ id: `g${round}`, come: [`10.8.0.${round + 1}`], gone: [] }] }),
      );
      await timed('a policy comes', () => tell({ policies: [policy(POLICIES + round)] }));
      await timed('a policy goes', () => tell({ removedPolicies: [`default/p${POLICIES + round}`] }));
    }
    for (const [what, all] of times) {
      const sorted = [...all].sort((a, b) => a - b);
      const at = (share: number): string =>
        (sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1).padStart(8);
      process.stdout.write(`${what.padEnd(50)} median ${at(0.5)} ms   p90 ${at(0.9)} ms\n`);
    }
  } finally {
    await lan.remove();
  }
}

runProgram(main);
