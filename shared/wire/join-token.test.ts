import { formatJoinToken, parseBootstrapToken, parseJoinToken } from './join-token';

const token = { caHash: 'ab'.repeat(32), id: 'abc123', secret: '0123456789abcdef' };

it('reads what it wrote', () => {
  expect(parseJoinToken(` ${formatJoinToken(token)}\n`)).toEqual(token);
  expect(parseBootstrapToken(formatJoinToken(token))).toEqual({ id: token.id, secret: token.secret });
  expect(parseBootstrapToken('abc123.0123456789abcdef')).toEqual({ id: token.id, secret: token.secret });
});

it.each([
  ['', /must begin with "pinsetter1\."/],
  ['pinsetter1.abcd', /four parts/],
  [`pinsetter1.${'x'.repeat(64)}.abc123.0123456789abcdef`, /64 hexadecimal/],
  [`pinsetter1.${'ab'.repeat(32)}.abc123.0123`, /6 and 16/],
])('says what is wrong with %j', (text, message) => {
  expect(() => parseJoinToken(text)).toThrow(message);
});
