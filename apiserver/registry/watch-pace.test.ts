import { settle } from '../../shared/testing/fake-clock';
import type { RegistryWatch } from './registry';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

let parts: TestRegistry;
beforeEach(async () => {
  parts = await startRegistry();
});
afterEach(() => parts.registry.close());

/** The names that each of so many watches was told of, one list for each time. */
async function watchAll(count: number, taken: () => Promise<void> = settle): Promise<readonly string[][][]> {
  const { registry } = parts;
  const kind = registry.kinds.require('ConfigMap');
  const follow = async (watch: RegistryWatch, told: string[][]): Promise<void> => {
    for await (const signals of watch) {
      told.push(signals.flatMap((signal) => ('encoded' in signal ? [signal.encoded.object.metadata.name] : [])));
      await taken();
    }
  };
  const resourceVersion = String(registry.cache.revision);
  const all = Array.from({ length: count }, (): string[][] => []);
  for (const told of all) void follow(registry.watch(kind, { resourceVersion, allowBookmarks: false }), told);
  await settle();
  return all;
}

const create = async (name: string): Promise<void> => {
  await parts.client.create('ConfigMap', { metadata: { namespace: 'default', name } });
  await settle();
};

it('tells few watches of each change at once', async () => {
  const [told] = await watchAll(10);
  for (const name of ['a', 'b', 'c']) await create(name);
  expect(told).toEqual([['a'], ['b'], ['c']]);
});

it('tells many of the first at once, and then of what comes in quick succession together, in order', async () => {
  const all = await watchAll(500);
  for (const name of ['a', 'b', 'c']) await create(name);
  expect(all[499]).toEqual([['a']]);
  await parts.clock.advance(10);
  expect(all.every((told) => JSON.stringify(told) === '[["a"],["b","c"]]')).toBe(true);
});

it('gathers also for those that were still busy with the last news', async () => {
  let release = (): void => undefined;
  const taken = new Promise<void>((resolve) => (release = resolve));
  const all = await watchAll(500, () => taken);
  for (const name of ['a', 'b']) await create(name);
  release();
  await settle();
  await create('c');
  await parts.clock.advance(10);
  expect(all.every((told) => JSON.stringify(told) === '[["a"],["b","c"]]')).toBe(true);
});

it('ends all watches when the server stops, also those that would be told in a moment', async () => {
  const all = await watchAll(500);
  for (const name of ['a', 'b']) await create(name);
  await parts.registry.close();
  await settle();
  expect(all[0]?.[0]).toEqual(['a']);
});
