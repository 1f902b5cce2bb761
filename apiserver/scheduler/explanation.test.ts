import { explain, explainBriefly, explainChoice, explainNoPreemption } from './explanation';
import { belowLoadCeiling } from './core/constraints/load-ceiling';
import { fitsResources } from './core/constraints/resources';

const exclusion = (nodeName: string, reason: string, detail = reason) => ({
  nodeName,
  reason,
  detail,
  remedy: 'more',
  constraint: fitsResources,
});

it('counts the reasons as kube-scheduler does, then names every node', () => {
  const text = explain([
    exclusion('n1', 'Insufficient cpu'),
    exclusion('n2', 'node(s) were unschedulable', 'it is cordoned'),
    exclusion('n3', 'Insufficient cpu'),
  ]);
  expect(text).toBe(
    '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu. n1: Insufficient cpu; n2: it is cordoned; n3: Insufficient cpu.',
  );
});

it('says that no node has joined', () => {
  expect(explain([])).toContain('no node has joined');
});

it('keeps an Event within its length, and counts the nodes it could not name', () => {
  const text = explainBriefly(
    Array.from({ length: 200 }, (_, index) => exclusion(`node-${index}`, 'Insufficient cpu')),
  );
  expect(text.length).toBeLessThanOrEqual(1024);
  expect(text).toMatch(
    /^0\/200 nodes are available: 200 Insufficient cpu\. node-0: Insufficient cpu; .*; and \d+ more nodes\.$/,
  );
});

it('ends with the nearest miss and what would make it fit', () => {
  const nearest = { nodeName: 'n1', remedies: ['500m more cpu free', 'a toleration of taint {gpu: yes}'] };
  expect(explain([exclusion('n1', 'Insufficient cpu')], nearest)).toBe(
    '0/1 nodes are available: 1 Insufficient cpu. n1: Insufficient cpu. Nearest miss: n1 would take it with 500m more cpu free and a toleration of taint {gpu: yes}.',
  );
});

it('tells the winner, who came second, and what decided', () => {
  const winner = { nodeName: 'n1', cost: 10_000, room: 10_000, preferences: 0, around: 0, load: 0 };
  expect(explainChoice({ winner })).toBe('n1 costs 0.100; no other node would take it.');
  const runnerUp = { nodeName: 'n2', cost: 45_000, room: 5_000, preferences: 0, around: 0, load: 40_000 };
  expect(explainChoice({ winner, runnerUp })).toBe(
    'n1 costs 0.100; n2 comes second with 0.450 (load +0.400, use of room -0.050).',
  );
});

it("says in kube-scheduler's words why nobody leaves for a pod", () => {
  const exclusions = [
    exclusion('n1', 'Insufficient cpu'),
    { ...exclusion('n2', 'node(s) are overloaded'), constraint: belowLoadCeiling },
    exclusion('n3', 'Insufficient cpu'),
    { ...exclusion('n4', 'Insufficient cpu'), isBeyondNode: true },
  ];
  expect(explainNoPreemption(exclusions, true)).toBe(
    'preemption: 0/4 nodes are available: 2 No preemption victims found for incoming pod, 2 Preemption is not helpful for scheduling.',
  );
  expect(explainNoPreemption(exclusions, false)).toBe('preemption: not eligible due to preemptionPolicy=Never.');
  expect(explainNoPreemption([], true)).toBeUndefined();
});
