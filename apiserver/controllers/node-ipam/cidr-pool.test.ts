import { parseCidr } from '../../../shared/cidr';
import { CidrPool } from './cidr-pool';

const pool = (text: string, nodePrefix: number): CidrPool => {
  const block = parseCidr(text);
  if (block === undefined) throw new Error(`${text} is no block`);
  return new CidrPool(block, nodePrefix);
};

it('gives equal parts in turn, and none where all are in use', () => {
  const four = pool('10.244.0.0/22', 24);
  const given: string[] = [];
  for (let turn = 0; turn < 4; turn++) given.push(four.take(given) ?? 'none');
  expect(given).toEqual(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24', '10.244.3.0/24']);
  expect(four.take(given)).toBeUndefined();
});

it('lets a part that was returned rest while others are there', () => {
  const four = pool('10.244.0.0/22', 24);
  expect([four.take([]), four.take([]), four.take([])]).toEqual(['10.244.0.0/24', '10.244.1.0/24', '10.244.2.0/24']);
});

it.each([
  ['of another size', ['10.244.0.0/23'], '10.244.2.0/24'],
  ['smaller than a part', ['10.244.0.128/26'], '10.244.1.0/24'],
  ['that hold the whole pool', ['10.0.0.0/8'], undefined],
  ['from elsewhere', ['192.168.0.0/24', 'fd00::/64'], '10.244.0.0/24'],
])('heeds blocks in use %s', (_, inUse, expected) => {
  expect(pool('10.244.0.0/22', 24).take(inUse)).toBe(expected);
});
