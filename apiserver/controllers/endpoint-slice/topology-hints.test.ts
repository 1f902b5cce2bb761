import type { Endpoint } from 'kubernetes-types/discovery/v1';
import { aNode } from '../../../shared/testing/builders';
import { cpuByZone, topologyHints } from './topology-hints';

const ZONE = 'topology.kubernetes.io/zone';
const endpoint = (name: string, zone: string | undefined, ready = true): Endpoint => ({
  addresses: ['10.0.0.1'],
  conditions: { ready },
  targetRef: { kind: 'Pod', name },
  ...(zone === undefined ? {} : { zone }),
});
/** `a1 a2 b1`: endpoints by their zones. */
const endpoints = (text: string): readonly Endpoint[] =>
  text.split(' ').map((name) => endpoint(name, name.startsWith('-') ? undefined : name[0]));
const cpus = (amounts: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(amounts));

/** The endpoints that are meant for another zone, as `a3>b`. */
function given(
  of: readonly Endpoint[],
  cpu: ReadonlyMap<string, number>,
  before: Readonly<Record<string, string>> = {},
) {
  const hints = topologyHints(of, cpu, ({ targetRef }) => before[targetRef?.name ?? '']);
  if (hints.zones === undefined) return hints.problem;
  return [...hints.zones]
    .filter(([{ zone }, to]) => zone !== to)
    .map(([{ targetRef }, to]) => `${targetRef?.name ?? ''}>${to}`)
    .join(' ');
}

it.each([
  ['keeps each in its zone where they are spread as the CPU is', 'a1 a2 b1 b2', { a: 4, b: 4 }, ''],
  ['gives a zone that has none its share', 'a1 a2 a3 a4', { a: 4, b: 4 }, 'a1>b a2>b'],
  ['gives by the CPU of the zones', 'a1 a2 a3 a4 b1 b2 b3 b4', { a: 6, b: 2 }, 'b1>a b2>a'],
  ['gives to several', 'a1 a2 a3 a4 a5 a6', { a: 2, b: 2, c: 2 }, 'a1>b a2>b a3>c a4>c'],
  ['lets a small difference be', 'a1 a2 a3 a4 b1 b2 b3', { a: 4, b: 4 }, ''],
])('%s', (_what, of, cpu, expected) => {
  expect(given(endpoints(of), cpus(cpu)).toString().split(' ').sort()).toEqual(expected.split(' ').sort());
});

it.each([
  ['fewer endpoints than zones', 'a1', { a: 1, b: 1 }, 'Insufficient number of endpoints (1 endpoints, 2 zones)'],
  ['one zone', 'a1 a2', { a: 1 }, 'Nodes only ready in one zone'],
  ['an endpoint in no zone', 'a1 -x', { a: 1, b: 1 }, 'One or more endpoints do not have a zone specified'],
  [
    'too few to share',
    'a1 b1 c1',
    { a: 5, b: 5, c: 1 },
    'Unable to allocate minimum required endpoints to each zone without exceeding overload threshold',
  ],
])('says why there are none: %s', (_what, of, cpu, problem) => {
  expect(given(endpoints(of), cpus(cpu))).toBe(problem);
});

it('gives away again what was given away already', () => {
  const all = endpoints('a1 a2 a3 a4');
  expect(given(all, cpus({ a: 4, b: 4 }), { a3: 'b', a4: 'b', a1: 'a' })).toBe('a3>b a4>b');
});

it('counts only what is ready', () => {
  const all = [...endpoints('a1 b1'), endpoint('a2', 'a', false)];
  const hints = topologyHints(all, cpus({ a: 1, b: 1 }), () => undefined);
  expect([...(hints.zones ?? [])].map(([{ targetRef }]) => targetRef?.name)).toEqual(['a1', 'b1']);
});

it.each([
  [
    'by zone',
    [aNode({ labels: { [ZONE]: 'a' } }), aNode({ labels: { [ZONE]: 'a' } }), aNode({ labels: { [ZONE]: 'b' } })],
  ],
  [
    'but that of the control plane and of nodes that are not ready',
    [
      aNode({ labels: { [ZONE]: 'a' }, cpu: '8' }),
      aNode({ labels: { [ZONE]: 'b' } }),
      aNode({ labels: { 'node-role.kubernetes.io/control-plane': '' } }),
      aNode({ ready: false }),
    ],
  ],
])('knows the CPU %s', (_what, nodes) => {
  expect(cpuByZone(nodes)).toEqual(cpus({ a: 8_000, b: 4_000 }));
});

it('knows no CPU where a node is in no zone', () => {
  expect(cpuByZone([aNode({ labels: { [ZONE]: 'a' } }), aNode({})])).toBeUndefined();
});
