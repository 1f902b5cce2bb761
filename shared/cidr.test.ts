import { contains, formatCidr, overlap, parseCidr } from './cidr';

const cidr = (text: string) => {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`${text} is no block`);
  return parsed;
};

it('reads blocks and writes them as they were', () => {
  expect(parseCidr('10.244.1.0/24')).toEqual({ first: 0x0af40100, prefix: 24, size: 256 });
  expect(formatCidr(cidr('192.168.128.0/17'))).toBe('192.168.128.0/17');
  expect(formatCidr(cidr('10.0.0.1'))).toBe('10.0.0.1/32');
});

it.each(['10.244.1.1/24', '10.244.1.0/33', '10.244.1/24', '010.0.0.0/8', 'fd00::/64', ''])(
  'takes "%s" for no block',
  (text) => {
    expect(parseCidr(text)).toBeUndefined();
  },
);

it.each([
  ['10.244.0.0/16', '10.244.7.0/24', true],
  ['10.244.7.0/24', '10.244.0.0/16', true],
  ['10.244.0.0/24', '10.244.1.0/24', false],
])('knows whether %s and %s overlap', (one, other, expected) => {
  expect(overlap(cidr(one), cidr(other))).toBe(expected);
});

it('knows which addresses are inside', () => {
  expect(contains(cidr('10.244.1.0/24'), '10.244.1.255')).toBe(true);
  expect(contains(cidr('10.244.1.0/24'), '10.244.2.0')).toBe(false);
});
