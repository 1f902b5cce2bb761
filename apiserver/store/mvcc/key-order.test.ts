import { seededRandom } from '../../../shared/random';
import { SortedKeys, compareKeys } from './key-order';

const bytesFirst = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

it.each([
  ['names', 'abc'],
  ['names beyond the basic plane', 'a\u{1f600}\ufffd'],
])('keeps %s in the order of their bytes while they come and go, and finds them by prefix', (_, letters) => {
  const { next } = seededRandom(7);
  const draw = (): string =>
    Array.from({ length: 1 + Math.floor(next() * 9) }, () => [...letters][Math.floor(next() * 3)] ?? '').join('');
  const keys = new SortedKeys();
  const plain = new Set<string>();
  for (let step = 0; step < 20_000; step++) {
    const key = draw();
    if (next() < 0.3) {
      keys.delete(key);
      plain.delete(key);
    } else {
      keys.add(key);
      plain.add(key);
    }
    if (step % 1_000 !== 0) continue;
    const sorted = [...plain].sort(bytesFirst);
    expect(keys.all()).toEqual(sorted);
    const [prefix, after] = [[...draw()].slice(0, 3).join(''), draw()];
    const found = sorted.filter((each) => each.startsWith(prefix));
    expect([...keys.range(prefix)]).toEqual(found);
    expect([...keys.range(prefix, after)]).toEqual(found.filter((each) => compareKeys(each, after) > 0));
  }
  keys.retain((key) => key.length > 4);
  expect(keys.all()).toEqual([...plain].filter((key) => key.length > 4).sort(bytesFirst));
});

it('goes on from where it was when keys go while they are read', () => {
  const keys = new SortedKeys();
  for (const key of ['a1', 'a2', 'a3', 'b1']) keys.add(key);
  const seen: string[] = [];
  for (const key of keys.range('a')) {
    seen.push(key);
    keys.delete(key);
  }
  expect(seen).toEqual(['a1', 'a2', 'a3']);
  expect(keys.all()).toEqual(['b1']);
});
