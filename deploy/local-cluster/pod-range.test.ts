import type { Cidr } from '../../shared/cidr';
import { parseCidr } from '../../shared/cidr';
import { freeRange } from './pod-range';

const routes = (...texts: readonly string[]): readonly Cidr[] => texts.flatMap((text) => parseCidr(text) ?? []);

it.each([
  ['the usual block where nothing is in its way', ['172.17.0.0/16', '192.168.1.0/24'], '10.244.0.0/16'],
  ['the next one beside another cluster', ['10.244.0.0/24', '10.244.3.0/24'], '10.245.0.0/16'],
  ['one outside of a network that has all of 10.0.0.0/8', ['10.0.0.0/8', '172.24.5.0/24'], '172.25.0.0/16'],
  ['the usual one where everything is taken', ['10.0.0.0/8', '172.16.0.0/12', '198.18.0.0/15'], '10.244.0.0/16'],
])('takes %s', (_what, taken, expected) => {
  expect(freeRange(routes(...taken))).toBe(expected);
});
