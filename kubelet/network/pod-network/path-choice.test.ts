import type { Backend, PeerPath } from '../../../shared/wire/pod-network';
import type { WayHealth } from './path-choice';
import { UNKNOWN_WAY, afterAnswer, afterMiss, choosePath, waysToAsk } from './path-choice';

const ALL: readonly Backend[] = ['routes', 'vxlan', 'relay'];
const answers = (count: number): WayHealth => ({ answers: count, misses: 0 });
const misses = (count: number): WayHealth => ({ answers: 0, misses: count });

type Seen = Partial<Record<Backend, WayHealth>>;
const choose = (seen: Seen, current?: PeerPath, candidates = ALL): PeerPath =>
  choosePath(candidates, (backend) => seen[backend] ?? UNKNOWN_WAY, current);

it.each<[string, Seen, PeerPath | undefined, PeerPath]>([
  ['begins with the best, before anything is known', {}, undefined, 'routes'],
  ['begins with one that answers', { vxlan: answers(1) }, undefined, 'vxlan'],
  ['stays where one datagram was lost', { routes: misses(1), vxlan: answers(5) }, 'routes', 'routes'],
  ['leaves for the next that answers', { routes: misses(2), vxlan: misses(9), relay: answers(1) }, 'routes', 'relay'],
  ['stays where nothing answers', { routes: misses(9), vxlan: misses(9), relay: misses(9) }, 'vxlan', 'vxlan'],
  ['does not trust one answer of a better one', { routes: answers(1), relay: answers(9) }, 'relay', 'relay'],
  ['climbs back', { routes: answers(2), relay: answers(9) }, 'relay', 'routes'],
  ['climbs past one that is away', { routes: misses(4), vxlan: answers(2), relay: answers(9) }, 'relay', 'vxlan'],
])('%s', (_, seen, current, expected) => {
  expect(choose(seen, current)).toBe(expected);
});

it('has no way where there is no candidate, and leaves one that is none any more', () => {
  expect(choose({}, 'routes', [])).toBe('none');
  expect(choose({}, 'wireguard')).toBe('routes');
});

it('asks the way taken and better ones, and all where that one fails or in a full round', () => {
  const ask = (seen: Seen, isFull = false) =>
    waysToAsk(ALL, (backend) => seen[backend] ?? UNKNOWN_WAY, 'vxlan', isFull);
  expect(ask({ vxlan: answers(3) })).toEqual(['routes', 'vxlan']);
  expect(ask({ vxlan: misses(1) })).toEqual(ALL);
  expect(ask({ vxlan: answers(3) }, true)).toEqual(ALL);
});

it('counts in a row', () => {
  expect(afterMiss(answers(7))).toEqual(misses(1));
  expect(afterAnswer(misses(7))).toEqual(answers(1));
});
