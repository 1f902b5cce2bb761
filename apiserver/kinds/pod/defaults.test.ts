import type { PodSpec } from '../../../shared/api/objects';
import { setPodDefaults } from './defaults';

it('makes a file system of what a pod’s own claim asks for, unless it says otherwise', () => {
  const claim = (spec: object) => ({ name: 'data', ephemeral: { volumeClaimTemplate: { spec } } });
  const modesOf = (spec: object): unknown => {
    const pod = { containers: [{ name: 'c', image: 'i' }], volumes: [claim(spec)] } as unknown as PodSpec;
    setPodDefaults(pod);
    return pod.volumes?.[0]?.ephemeral?.volumeClaimTemplate?.spec.volumeMode;
  };
  expect([modesOf({}), modesOf({ volumeMode: 'Block' })]).toEqual(['Filesystem', 'Block']);
});

describe('what a pod asks for as a whole', () => {
  const huge = { limits: { 'hugepages-2Mi': '4Mi', cpu: '1' } };
  it.each<[string, object, object, object]>([
    ['nothing where nothing is given', {}, {}, {}],
    ['its requests alone', { requests: { cpu: '1' } }, {}, { requests: { cpu: '1' } }],
    ['a request that is its limit', { limits: { cpu: '2' } }, {}, { limits: { cpu: '2' }, requests: { cpu: '2' } }],
    [
      'the requests of its containers, where it has limits',
      { limits: { cpu: '2' } },
      { requests: { cpu: '1', memory: '1Gi', 'ephemeral-storage': '1Gi' } },
      { limits: { cpu: '2' }, requests: { cpu: '1', memory: '1Gi' } },
    ],
    [
      'the huge pages of its containers',
      { limits: { cpu: '2' } },
      huge,
      { limits: { cpu: '2', 'hugepages-2Mi': '4Mi' }, requests: { cpu: '1', 'hugepages-2Mi': '4Mi' } },
    ],
  ])('is %s', (_what, resources, ofContainer, expected) => {
    const spec: PodSpec = {
      containers: [{ name: 'c', image: 'i', resources: structuredClone(ofContainer) }],
      resources,
    };
    setPodDefaults(spec);
    setPodDefaults(spec);
    expect(spec.resources).toEqual(expected);
  });
});
