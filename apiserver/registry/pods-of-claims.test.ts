import type { Pod } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import { PodsOfClaims } from './pods-of-claims';

const withClaim = (name: string, claimName: string): Pod => {
  const pod = aPod({ name });
  return { ...pod, spec: { ...pod.spec, volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] } };
};
const withEphemeral = (name: string): Pod => {
  const pod = aPod({ name });
  return { ...pod, spec: { ...pod.spec, volumes: [{ name: 'scratch', ephemeral: {} }] } };
};

it('knows the pods that name a claim, and those that one is made for, as they come and go', () => {
  const pods = new PodsOfClaims();
  const names = (claim: string, namespace = 'default'): readonly string[] =>
    [...pods.of({ namespace, name: claim })].map(({ name }) => name);
  for (const object of [withClaim('a', 'data'), withClaim('b', 'data'), withClaim('c', 'other'), withEphemeral('d')]) {
    pods.see({ type: 'ADDED', object });
  }
  expect(names('data')).toEqual(['a', 'b']);
  expect(names('data', 'elsewhere')).toEqual([]);
  expect(names('d-scratch')).toEqual(['d']);
  pods.see({ type: 'MODIFIED', object: withClaim('a', 'data') });
  pods.see({ type: 'DELETED', object: withClaim('a', 'data') });
  expect(names('data')).toEqual(['b']);
  pods.see({ type: 'DELETED', object: withClaim('b', 'data') });
  expect(names('data')).toEqual([]);
});
