import { findLeaks } from './find-leaks';

const secrets = [{ what: 'a password', value: 'hunter-22' }];
const encoded = Buffer.from('hunter-22').toString('base64');

it.each([
  ['a password', 'x\n{"value":"hunter-22"}'],
  ['a password', `x\n{"data":"${encoded}"}`],
  ['a private key', 'x\n{"key":"-----BEGIN EC PRIVATE KEY-----\\nMHc"}'],
  ['a bearer header', 'x\n{"header":"Bearer abcdef-123"}'],
  ['a header with credentials', 'x\n{"headers":{"authorization":"Basic abc"}}'],
  ['a signed token', 'x\n{"jwt":"eyJhbGciOiJ.eyJzdWIiOiJ4.c2lnbmF0dXJl"}'],
  ['a join token', 'x\npinsetter1.0123456789abcdef.id1.abcdefgh'],
])('finds %s, and the line', (what, log) => {
  expect(findLeaks(log, secrets)).toEqual([{ what, line: 2 }]);
});

it('names a line once', () => {
  expect(findLeaks('hunter-22 hunter-22\nhunter-22', secrets).map(({ line }) => line)).toEqual([1, 2]);
});

it('finds a secret that JSON has to write in another way', () => {
  expect(findLeaks('{"v":"a\\"quoted\\"word"}', [{ what: 'it', value: 'a"quoted"word' }])).toHaveLength(1);
});

it('lets pass what only speaks of secrets', () => {
  const log = '{"authorization":"[cut]","msg":"the bearer of a token, a secret, BEGIN CERTIFICATE"}';
  expect(findLeaks(log, secrets)).toEqual([]);
});
