import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';
import { UidIndex } from './uid-index';

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await startRegistry();
});
afterEach(() => cluster.registry.close());

const key = (name: string) => ({ namespace: 'default', name });
const create = async (name: string): Promise<string> =>
  (await cluster.client.create('ConfigMap', { metadata: key(name) })).metadata.uid;
const has = (uid: string): boolean => cluster.client.view('ConfigMap').hasUid(uid);

it('knows the uids of what is there, also of what comes and goes after it was first asked', async () => {
  const early = await create('early');
  expect([has(early), has('no-such-uid')]).toEqual([true, false]);
  const late = await create('late');
  expect(has(late)).toBe(true);
  await cluster.client.delete('ConfigMap', key('early'));
  expect([has(early), has(late)]).toEqual([false, true]);
  const again = await create('early');
  expect([has(early), has(again)]).toEqual([false, true]);
});

it('still knows an object that was changed', async () => {
  const uid = await create('web');
  expect(has(uid)).toBe(true);
  await cluster.client.modify('ConfigMap', key('web'), (object) => ({ ...object, data: { a: 'b' } }));
  expect(has(uid)).toBe(true);
});

it('is of one kind', async () => {
  const uid = await create('web');
  expect(cluster.client.view('Secret').hasUid(uid)).toBe(false);
});

it('looks at all there is only once, however often it is asked', () => {
  let looks = 0;
  const index = new UidIndex();
  const all = {
    *[Symbol.iterator]() {
      looks += 1;
      yield* [];
    },
  };
  for (let asked = 0; asked < 100; asked++) index.has(`uid-${asked}`, all);
  expect(looks).toBe(1);
});
