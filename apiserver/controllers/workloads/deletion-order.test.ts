import type { Pod } from '../../../shared/api/objects';
import { inDeletionOrder } from './deletion-order';

const NOON = Date.parse('2026-01-01T12:00:00Z');
const ago = (minutes: number): string => new Date(NOON - minutes * 60_000).toISOString();

interface Traits {
  readonly uid?: string;
  readonly node?: string;
  readonly phase?: string;
  readonly ready?: string;
  readonly cost?: string;
  readonly born?: string;
  readonly restarts?: number;
  readonly initRestarts?: number;
}
const restarted = (restartCount: number | undefined) =>
  restartCount === undefined ? [] : [{ name: 'app', restartCount }];
const aPod = (name: string, traits: Traits = {}): Pod =>
  ({
    metadata: {
      name,
      uid: traits.uid ?? name,
      creationTimestamp: traits.born ?? ago(600),
      annotations: traits.cost === undefined ? {} : { 'controller.kubernetes.io/pod-deletion-cost': traits.cost },
    },
    spec: { nodeName: traits.node ?? '' },
    status: {
      phase: traits.phase ?? (traits.node === undefined ? 'Pending' : 'Running'),
      containerStatuses: restarted(traits.restarts),
      initContainerStatuses: restarted(traits.initRestarts),
      conditions:
        traits.ready === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: traits.ready }],
    },
  }) as unknown as Pod;
const on = (node: string, traits: Traits = {}): Traits => ({ node, ...traits });
const names = (pods: readonly Pod[]): string => pods.map(({ metadata }) => metadata.name).join('');

it.each<[string, Traits, Traits]>([
  ['unscheduled before scheduled', {}, on('n')],
  ['pending before unknown', on('n', { phase: 'Pending' }), on('n', { phase: 'Unknown' })],
  ['unknown before running', on('n', { phase: 'Unknown' }), on('n')],
  ['unready before ready', on('n'), on('n', { ready: ago(60) })],
  ['cheap before costly', on('n', { cost: '-1' }), on('n', { cost: '5' })],
  ['short ready before long ready', on('n', { ready: ago(1) }), on('n', { ready: ago(60) })],
  ['often restarted before rarely', on('n', { restarts: 3 }), on('n', { restarts: 1, initRestarts: 9 })],
  ['often restarted in its beginning', on('n', { initRestarts: 3 }), on('n', { initRestarts: 1 })],
  ['young before old', on('n', { born: ago(1) }), on('n')],
])('%s', (_rule, first, second) => {
  expect(names(inDeletionOrder([aPod('b', second), aPod('a', first)]))).toBe('ab');
  expect(names(inDeletionOrder([aPod('a', second), aPod('b', first)]))).toBe('ba');
});

it('gives up pods of crowded nodes first, whoever crowds them', () => {
  const [a, b, c] = [aPod('a', on('m')), aPod('b', on('n')), aPod('c', on('n'))];
  expect(names(inDeletionOrder([a, b, c]))).toBe('bca');
  expect(names(inDeletionOrder([a, b], { neighbours: [a, b, aPod('x', on('m'))] }))).toBe('ab');
});

it('gives up what is not available yet before what is', () => {
  const [a, b] = [aPod('a', on('n', { ready: ago(60) })), aPod('b', on('n', { ready: ago(60), cost: '9' }))];
  expect(names(inDeletionOrder([a, b], { isAvailable: ({ metadata }) => metadata.name === 'a' }))).toBe('ba');
});

it.each([
  ['of like age by chance, which their uids are', ago(60), ago(61), 'ba'],
  ['the younger where the other is far older', ago(1), ago(60), 'ab'],
])('gives up %s', (_what, first, second, order) => {
  const ready = [aPod('a', on('n', { ready: first, uid: 'z' })), aPod('b', on('n', { ready: second, uid: 'y' }))];
  expect(names(inDeletionOrder(ready, { nowMs: NOON }))).toBe(order);
  const unready = [aPod('a', on('n', { born: first, uid: 'z' })), aPod('b', on('n', { born: second, uid: 'y' }))];
  expect(names(inDeletionOrder(unready, { nowMs: NOON }))).toBe(order);
});
