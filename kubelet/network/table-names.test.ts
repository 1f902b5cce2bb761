import { policyTableOf, serviceTableOf } from './table-names';

it('names tables after their node', () => {
  expect(serviceTableOf('n1')).toBe('pinsetter-n1');
  expect(policyTableOf('n1')).toBe('pinsetter-policy-n1');
});

it.each([
  ['a node that is called as another one’s policies are', serviceTableOf('policy-n1'), policyTableOf('n1')],
  ['a node that is called as tables of the pod network are', serviceTableOf('net-0a1b2c3d'), 'pinsetter-net-0a1b2c3d'],
  ['a dot and a hyphen', serviceTableOf('a.b'), serviceTableOf('a-b')],
  ['long names that begin alike', serviceTableOf(`${'x'.repeat(60)}1`), serviceTableOf(`${'x'.repeat(60)}2`)],
])('tells apart %s', (_what, one, other) => {
  expect(one).not.toBe(other);
});

it('takes no more characters than the kernel has room for', () => {
  expect(policyTableOf(`${'x'.repeat(63)}.${'y'.repeat(63)}`).length).toBeLessThan(64);
});
