import { aPod } from '../../shared/testing/builders';
import { rankForEviction } from './rank';
import type { Signal } from './thresholds';
import { DEFAULT_EVICTION_HARD, crossed, parseThresholds } from './thresholds';

const MEBIBYTE = 2 ** 20;
const candidate = (name: string, usageMi: number, traits: { memory?: string; priority?: number } = {}) => ({
  pod: aPod({ name, ...traits }),
  usage: usageMi * MEBIBYTE,
});

it.each<[string, Signal, ReturnType<typeof candidate>[], string[]]>([
  [
    'use more than they asked for',
    'memory.available',
    [candidate('large', 900, { memory: '1Gi' }), candidate('small', 10)],
    ['small', 'large'],
  ],
  [
    'are less important, of those',
    'memory.available',
    [candidate('a', 100, { priority: 5 }), candidate('b', 1), candidate('c', 900, { memory: '1Gi', priority: -1 })],
    ['b', 'a', 'c'],
  ],
  [
    'are furthest above their request, of equals',
    'memory.available',
    [candidate('a', 100, { memory: '90Mi' }), candidate('b', 50), candidate('c', 40)],
    ['b', 'c', 'a'],
  ],
  [
    'are less important, where nothing is measured',
    'pid.available',
    [candidate('a', 0, { priority: 5 }), candidate('b', 0)],
    ['b', 'a'],
  ],
])('takes those first that %s', (_what, signal, candidates, order) => {
  expect(rankForEviction(candidates, signal).map(({ pod }) => pod.metadata.name)).toEqual(order);
});

it('finds what is crossed, the most urgent first', () => {
  const supply = (available: number) => ({ available, capacity: 1_000 });
  const thresholds = parseThresholds(
    'pid.available<100,nodefs.inodesFree<5%,nodefs.available<10%,memory.available<1Ki',
  );
  const supplies = {
    'memory.available': supply(1_000),
    'nodefs.available': supply(100),
    'nodefs.inodesFree': supply(49),
    'pid.available': supply(99),
  };
  expect(crossed(thresholds, supplies).map(({ signal }) => signal)).toEqual([
    'memory.available',
    'nodefs.inodesFree',
    'pid.available',
  ]);
});

it('finds no lack of inodes where a file system has none to count', () => {
  const none = { available: 0, capacity: 0 };
  const plenty = { available: 2 ** 40, capacity: 2 ** 40 };
  const supplies = { 'memory.available': plenty, 'nodefs.available': plenty, 'pid.available': plenty };
  expect(crossed(parseThresholds(DEFAULT_EVICTION_HARD), { ...supplies, 'nodefs.inodesFree': none })).toEqual([]);
});
