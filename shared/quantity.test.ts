import fc from 'fast-check';
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  isQuantity,
  parseQuantity,
} from './quantity';

const seed = 20_260_101;
const LARGEST = 2n ** 63n - 1n;

/** Any text that Kubernetes reads as a quantity within an int64. */
const texts = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.integer({ min: 0, max: 999_999 }),
    fc.constantFrom('', '.0', '.5', '.25', '.001'),
    fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'T', 'Ki', 'Mi', 'Gi', 'Ti', 'e3', 'E-3', 'e0'),
  )
  .map((parts) => parts.join(''));

it.each([
  ['0', '0'],
  ['000', '0'],
  ['0Gi', '0'],
  ['1000m', '1'],
  ['1500m', '1500m'],
  ['1.5', '1500m'],
  ['0.1', '100m'],
  ['.5', '500m'],
  ['5.', '5'],
  ['+1', '1'],
  ['-1.5', '-1500m'],
  ['1000', '1k'],
  ['1000000', '1M'],
  ['1024Mi', '1Gi'],
  ['1.5Gi', '1536Mi'],
  ['0.5Ki', '512'],
  ['1Ki', '1Ki'],
  ['1e3', '1e3'],
  ['1E6', '1e6'],
  ['1500e-3', '1500e-3'],
  ['12e6', '12e6'],
  ['0.0001n', '1n'],
  ['1234567890', '1234567890'],
  ['9223372036854775807', '9223372036854775807'],
  ['99E', '9223372036854775807'],
])('writes %s as %s', (text, canonical) => {
  expect(canonicalQuantity(text)).toBe(canonical);
});

it.each(['', '1 Gi', 'Gi', '1gi', '1KB', '1.2.3', '--1', '0x10', '1e', '1e1.5', 'NaN', ' 1', '1 '])(
  'refuses %j',
  (text) => {
    expect(isQuantity(text)).toBe(false);
    expect(() => parseQuantity(text)).toThrow('quantities must match the regular expression');
  },
);

it('reads back what it writes, and writes it the same way again', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const canonical = canonicalQuantity(text);
      const [before, after] = [parseQuantity(text), parseQuantity(canonical)];
      // A binary quantity is written in whole units: what is finer is rounded up.
      const unit = before.format === 'binary' && canonical !== '0' ? 10n ** 9n : 1n;
      const difference = before.nanos - after.nanos;
      expect(difference < 0n ? -difference : difference).toBeLessThan(unit);
      expect(canonicalQuantity(canonical)).toBe(canonical);
    }),
    { seed },
  );
});

it('orders as the numbers do, and adds as they do', () => {
  const amounts = fc.bigInt({ min: -LARGEST / 2n, max: LARGEST / 2n });
  fc.assert(
    fc.property(amounts, amounts, (a, b) => {
      const [left, right] = [parseQuantity(`${a}`), parseQuantity(`${b}`)];
      expect(Math.sign(compareQuantities(left, right))).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(parseQuantity(formatQuantity(addQuantities(left, right))).nanos).toBe((a + b) * 10n ** 9n);
    }),
    { seed },
  );
});

it.each([
  ['1', '1000m', 0],
  ['1Gi', '1G', 1],
  ['1024Mi', '1Gi', 0],
  ['100m', '0.2', -1],
  ['-1', '0', -1],
])('compares %s with %s', (a, b, sign) => {
  expect(Math.sign(compareQuantities(parseQuantity(a), parseQuantity(b)))).toBe(sign);
});
