import { explain, explainBriefly } from './explanation';
import { fitsResources } from './core/constraints/resources';

const exclusion = (nodeName: string, reason: string, detail = reason) => ({
  nodeName,
  reason,
  detail,
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
