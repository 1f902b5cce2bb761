import { aNode } from '../../../../shared/testing/builders';
import { Cluster } from '../model/cluster';
import type { ScoredNode } from '../policies/policy';
import { ChoiceLog } from './choice-log';

const score = (node: number, cost: number, terms: Partial<ScoredNode> = {}): ScoredNode => {
  const { preferences = 0, load = 0, around = 0 } = terms;
  return { node, cost, preferences, load, around, room: cost - preferences - load - around };
};

function start(capacity: number) {
  const cluster = new Cluster();
  const [one = -1, two = -1] = ['n1', 'n2'].map((name) => cluster.setNode(aNode({ name })));
  return { cluster, one, two, log: new ChoiceLog(cluster.nodes, capacity) };
}

it('tells of each choice both nodes with all their terms', () => {
  const { log, one, two } = start(10);
  log.add(0, { winner: score(one, 7) });
  log.add(1, { winner: score(two, 7, { load: 3, around: -3 }), runnerUp: score(one, 9, { preferences: 4 }) });
  log.close((index) => ['web', 'db'][index]);
  expect(log.of('web')).toEqual({
    winner: { nodeName: 'n1', cost: 7, preferences: 0, load: 0, around: 0, room: 7 },
  });
  expect(log.of('db')).toEqual({
    winner: { nodeName: 'n2', cost: 7, preferences: 0, load: 3, around: -3, room: 7 },
    runnerUp: { nodeName: 'n1', cost: 9, preferences: 4, load: 0, around: 0, room: 5 },
  });
});

it('forgets the oldest choices where it has no more room, within a batch too', () => {
  const { log, one } = start(2);
  for (const index of [0, 1, 2]) log.add(index, { winner: score(one, index) });
  log.close((index) => `pod-${index}`);
  expect(['pod-0', 'pod-1', 'pod-2'].map((key) => log.of(key)?.winner.cost)).toEqual([undefined, 1, 2]);
  log.add(0, { winner: score(one, 9) });
  log.close(() => 'pod-2');
  expect(['pod-1', 'pod-2'].map((key) => log.of(key)?.winner.cost)).toEqual([undefined, 9]);
});

it('names the node that was chosen, though it is gone and another took its slot', () => {
  const { cluster, log, one } = start(2);
  log.add(0, { winner: score(one, 1) });
  log.close(() => 'web');
  cluster.removeNode(one);
  expect(cluster.setNode(aNode({ name: 'n3' }))).toBe(one);
  expect(log.of('web')?.winner.nodeName).toBe('n1');
});
