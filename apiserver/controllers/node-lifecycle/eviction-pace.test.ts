import type { NodeFact } from './eviction-pace';
import { EvictionPace } from './eviction-pace';

const zone = (name: string, up: number, down: number): NodeFact[] =>
  Array.from({ length: up + down }, (_, index) => ({ zone: name, isUp: index < up }));

/** After how many seconds the first few nodes of zone `a` are let go, asked every second for two minutes. */
function turns(nodes: readonly NodeFact[]): readonly number[] {
  const pace = new EvictionPace();
  return Array.from({ length: 120 }, (_, second) => second).filter(
    (second) => pace.ask('a', nodes, second * 1_000).outcome === 'now',
  );
}

it.each<[string, NodeFact[], number[]]>([
  ['one every ten seconds', zone('a', 90, 10), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]],
  ['as fast in a small zone with two down', zone('a', 1, 2), [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]],
  ['one every hundred seconds where most of a large zone is down', zone('a', 40, 60), [0, 100]],
  ['none where most of a small zone is down', zone('a', 2, 3), []],
  ['none while every node is down', zone('a', 0, 3), []],
  [
    'one every ten seconds of a zone that is down altogether while others are not',
    [...zone('a', 0, 5), ...zone('b', 1, 0)],
    [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110],
  ],
])('lets go %s', (_what, nodes, expected) => {
  expect(turns(nodes)).toEqual(expected);
});

it('gives each zone its own turns', () => {
  const pace = new EvictionPace();
  const nodes = [...zone('a', 5, 1), ...zone('b', 5, 1)];
  expect(['a', 'b', 'a'].map((name) => pace.ask(name, nodes, 0).outcome)).toEqual(['now', 'now', 'wait']);
});

it('waits for the agents after every node was down', () => {
  const pace = new EvictionPace();
  expect(pace.ask('a', zone('a', 0, 3), 0)).toEqual({ outcome: 'all-down' });
  expect(pace.ask('a', zone('a', 2, 1), 1_000)).toEqual({ outcome: 'wait', waitMs: 5_000 });
  expect(pace.ask('a', zone('a', 2, 1), 15_999)).toEqual({ outcome: 'wait', waitMs: 1 });
  expect(pace.ask('a', zone('a', 2, 1), 16_000)).toEqual({ outcome: 'now' });
});
