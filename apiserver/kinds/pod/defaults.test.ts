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
