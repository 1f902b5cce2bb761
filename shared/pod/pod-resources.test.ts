import type { Container, PodSpec } from '../api/objects';
import { formatQuantity } from '../quantity';
import type { Resources } from './pod-resources';
import { podLimits, podRequests } from './pod-resources';

type Amounts = Record<string, string>;
const container = (requests: Amounts, limits: Amounts = {}): Container => ({
  name: 'a',
  resources: { requests, limits },
});
const plain = (resources: Resources): Amounts =>
  Object.fromEntries([...resources].map(([name, quantity]) => [name, formatQuantity(quantity)]));
const sidecar = { ...container({ cpu: '2' }), restartPolicy: 'Always' } as Container;

it.each<[string, PodSpec, Amounts]>([
  ['its containers together', { containers: [container({ cpu: '1' }), container({ cpu: '500m' })] }, { cpu: '1500m' }],
  [
    'the most that an init container needs beside the sidecars before it',
    { containers: [container({ cpu: '1' })], initContainers: [sidecar, container({ cpu: '3' })] },
    { cpu: '5' },
  ],
  [
    'its sidecars with its containers, and its overhead',
    { containers: [container({ cpu: '1' })], initContainers: [sidecar], overhead: { cpu: '250m' } },
    { cpu: '3250m' },
  ],
  [
    'what it asks for as a whole, and of the rest what its containers do',
    {
      containers: [container({ cpu: '1', 'ephemeral-storage': '1Gi' })],
      resources: { requests: { cpu: '4', memory: '1Gi' } },
      overhead: { cpu: '250m' },
    },
    { cpu: '4250m', memory: '1Gi', 'ephemeral-storage': '1Gi' },
  ],
])('a pod requests %s', (_what, spec, expected) => {
  expect(plain(podRequests(spec))).toEqual(expected);
});

it('a pod is limited by what it may use as a whole; its overhead limits nothing that nobody limits', () => {
  const spec = { containers: [container({}, { cpu: '1' })], overhead: { cpu: '1', memory: '1Gi' } };
  expect(plain(podLimits(spec))).toEqual({ cpu: '2' });
  expect(plain(podLimits({ ...spec, resources: { limits: { cpu: '4' } } }))).toEqual({ cpu: '5' });
});
