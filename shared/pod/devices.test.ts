import { aPod } from '../testing/builders';
import { DEVICES_ANNOTATION, chosenDevices, devicesOf, formatDevices } from './devices';

const container = (name: string, limits: Record<string, string> = {}) => ({
  name,
  image: 'app',
  resources: { limits },
});

function given(devices: string, ...containers: ReturnType<typeof container>[]) {
  const pod = aPod({ name: 'p', containers });
  return { ...pod, metadata: { ...pod.metadata, annotations: { [DEVICES_ANNOTATION]: devices } } };
}

const perContainer = (pod: ReturnType<typeof given>) => pod.spec.containers.map((each) => devicesOf(pod, each));

it('reads what it wrote', () => {
  const chosen = { resource: 'nvidia.com/gpu', indexes: [0, 2] };
  expect(chosenDevices(given(formatDevices(chosen)))).toEqual(chosen);
});

it.each(['', 'gpu=1', 'nvidia.com/gpu=', 'nvidia.com/gpu=a', 'nvidia.com/gpu=1,', 'nvidia.com/fpga=1'])(
  'takes %j for no devices',
  (text) => {
    expect(chosenDevices(given(text))).toBeUndefined();
  },
);

it('gives containers that run side by side each their own devices, and none to those that ask for none', () => {
  const resource = 'nvidia.com/gpu';
  const pod = given(
    `${resource}=1,3,4`,
    container('a', { [resource]: '2' }),
    container('b'),
    container('c', { [resource]: '1' }),
  );
  expect(perContainer(pod)).toEqual([{ resource, indexes: [1, 3] }, undefined, { resource, indexes: [4] }]);
});

it('gives those who ask for shares the one device that all of them share', () => {
  const resource = 'nvidia.com/gpu';
  const share = { 'nvidia.com/gpu-milli': '300' };
  expect(perContainer(given(`${resource}=5`, container('a', share), container('b', share)))).toEqual([
    { resource, indexes: [5], shareMilli: 300 },
    { resource, indexes: [5], shareMilli: 300 },
  ]);
});
