import type { Endpoint } from 'kubernetes-types/discovery/v1';
import type { EndpointSlice } from '../../../shared/api/objects';
import type { SliceContent } from './slice-plan';
import { planSlices } from './slice-plan';

const HTTP = [{ name: 'http', port: 8080, protocol: 'TCP' }];
const endpoint = (index: number, ready = true): Endpoint => ({
  addresses: [`10.0.${Math.floor(index / 250)}.${index % 250}`],
  conditions: { ready },
});
const range = (from: number, to: number): Endpoint[] =>
  Array.from({ length: to - from }, (_, index) => endpoint(from + index));
const content = (endpoints: Endpoint[], ports = HTTP): SliceContent => ({ addressType: 'IPv4', ports, endpoints });
const slice = (name: string, endpoints: Endpoint[], ports = HTTP): EndpointSlice => ({
  ...content(endpoints, ports),
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
});
/** `name+count` for each slice changed, `+count` for each made, `-name` for each deleted. */
const told = (existing: readonly EndpointSlice[], wanted: readonly SliceContent[]): readonly string[] => {
  const { creates, updates, deletes } = planSlices(existing, wanted);
  return [
    ...updates.map((each) => `${each.slice.metadata.name}+${each.content.endpoints.length}`),
    ...creates.map(({ endpoints }) => `+${endpoints.length}`),
    ...deletes.map(({ metadata }) => `-${metadata.name}`),
  ];
};

it.each<[string, EndpointSlice[], SliceContent[], string[]]>([
  ['makes slices of a hundred at most', [], [content(range(0, 250))], ['+100', '+100', '+50']],
  ['leaves what is right', [slice('a', range(0, 3))], [content(range(0, 3))], []],
  [
    'fills new ones into the slice that changes anyway',
    [slice('a', range(0, 50)), slice('b', range(50, 60))],
    [content([...range(1, 60), ...range(100, 110)])],
    ['a+59'],
  ],
  [
    'fills new ones all together into the fullest that has room',
    [slice('a', range(0, 98)), slice('b', range(100, 150)), slice('c', range(200, 210))],
    [content([...range(0, 98), ...range(100, 150), ...range(200, 215)])],
    ['b+55'],
  ],
  [
    'makes a slice where none has room for all',
    [slice('a', range(0, 98)), slice('b', range(100, 197))],
    [content([...range(0, 98), ...range(100, 197), ...range(200, 205)])],
    ['+5'],
  ],
  [
    'changes an endpoint where it stands',
    [slice('a', range(0, 2))],
    [content([endpoint(0, false), endpoint(1)])],
    ['a+2'],
  ],
  [
    'deletes a slice that has lost all',
    [slice('a', range(0, 2)), slice('b', range(2, 4))],
    [content(range(0, 2))],
    ['-b'],
  ],
  [
    'keeps what has other ports apart',
    [],
    [content(range(0, 1)), content(range(1, 3), [{ name: 'http', port: 80, protocol: 'TCP' }])],
    ['+1', '+2'],
  ],
  [
    'takes the order of ports for nothing',
    [slice('a', range(0, 1), [...HTTP, { name: 'x', port: 1, protocol: 'TCP' }])],
    [content(range(0, 1), [{ name: 'x', port: 1, protocol: 'TCP' }, ...HTTP])],
    [],
  ],
  ['keeps one empty slice without any endpoint', [], [], ['+0']],
  ['leaves the empty slice', [slice('a', [], [])], [], []],
  ['reuses a slice that would go', [slice('a', [], [])], [content(range(0, 2))], ['a+2']],
  ['empties one slice and deletes the others', [slice('a', range(0, 1)), slice('b', range(1, 2))], [], ['a+0', '-b']],
])('%s', (_what, existing, wanted, expected) => {
  expect(told(existing, wanted)).toEqual(expected);
});

it('writes a slice that is stale in another way, and only that one', () => {
  const [a, b] = [slice('a', range(0, 2)), slice('b', range(2, 4))];
  const { updates } = planSlices([a, b], [content(range(0, 4))], ({ metadata }) => metadata.name === 'b');
  expect(updates).toEqual([{ slice: b, content: content(range(2, 4)) }]);
});
