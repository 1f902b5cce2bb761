import fc from 'fast-check';
import { seededRandom } from '../../../shared/random';
import { FakeClock, settle } from '../../../shared/testing/fake-clock';
import type { Op, Store, StoreEvent, WatchBatch, Watcher } from '../store';
import { CompactedError, FutureRevisionError, LeaseNotFoundError, StoreClosedError } from '../store';
import {
  brokeAtomic,
  brokeBookmarked,
  brokeOrdered,
  brokeReliable,
  brokeResumable,
  brokeUnique,
} from './watch-checkers';

export interface StoreUnderTest {
  readonly store: Store;
  readonly dispose: () => Promise<void>;
}

const bytes = (text: string): Buffer => Buffer.from(text);
const put = (key: string, text = key): Op => ({ type: 'put', key, value: bytes(text) });
const remove = (key: string): Op => ({ type: 'delete', key });

/** What every driver must do. */
export function describeStoreContract(name: string, open: (clock: FakeClock) => Promise<StoreUnderTest>): void {
  describe(`the store contract, by ${name}`, () => {
    let store: Store;
    let dispose: () => Promise<void>;
    let clock: FakeClock;

    beforeEach(async () => {
      clock = new FakeClock();
      ({ store, dispose } = await open(clock));
    });
    afterEach(() => dispose());

    const commit = async (...ops: Op[]): Promise<number> => {
      const result = await store.commit({ compares: [], ops });
      if (!result.succeeded) throw new Error('an unconditional commit failed');
      return result.revision;
    };
    const textOf = async (key: string, revision?: number): Promise<string | undefined> =>
      (await store.get(key, revision === undefined ? {} : { revision }))?.value.toString();
    const keysOf = async (options: Parameters<Store['list']>[0]): Promise<string[]> =>
      (await store.list(options)).items.map(({ key }) => key);

    it('hands out what led to a snapshot, of its prefix, in order, once', async () => {
      await commit(put('a/1', 'first'));
      const from = await commit(put('a/2'));
      await commit(put('b/1'));
      const changed = await commit(put('a/1', 'second'), put('a/3'));
      const removed = await commit(remove('a/2'));
      const { snapshot, history, watcher } = await store.listAndWatch({ prefix: 'a/', historyAfter: from });
      watcher.close();
      expect(snapshot.items.map(({ key }) => key)).toEqual(['a/1', 'a/3']);
      expect(
        history.map(({ type, key, revision, kv, previous }) => [
          type,
          key,
          revision,
          kv?.value.toString(),
          previous?.value.toString(),
        ]),
      ).toEqual([
        ['put', 'a/1', changed, 'second', 'first'],
        ['put', 'a/3', changed, 'a/3', undefined],
        ['delete', 'a/2', removed, undefined, 'a/2'],
      ]);
      await store.compact(removed);
      await expect(store.listAndWatch({ prefix: 'a/', historyAfter: from })).rejects.toThrow(CompactedError);
    });

    describe('transactions', () => {
      it('create, change and delete a key, counting its versions', async () => {
        const created = await commit(put('a', '1'));
        const changed = await commit(put('a', '2'));
        expect(await store.get('a')).toMatchObject({ createRevision: created, modRevision: changed, version: 2 });
        await commit(remove('a'));
        expect(await store.get('a')).toBeUndefined();
        const again = await commit(put('a', '3'));
        expect(await store.get('a')).toMatchObject({ createRevision: again, version: 1 });
      });

      it('take one revision for all their keys', async () => {
        const revision = await commit(put('a'), put('b'));
        expect((await store.get('a'))?.modRevision).toBe(revision);
        expect((await store.get('b'))?.modRevision).toBe(revision);
        expect(store.revision).toBe(revision);
      });

      it('take none when they change nothing', async () => {
        const revision = await commit(put('a'));
        expect(await commit(remove('nobody'))).toBe(revision);
      });

      it('create only where the key is absent, and hand back what stands there', async () => {
        const create = (text: string) =>
          store.commit({ compares: [{ key: 'a', target: 'createRevision', equals: 0 }], ops: [put('a', text)] });
        expect(await create('first')).toMatchObject({ succeeded: true });
        const second = await create('second');
        expect(second).toMatchObject({ succeeded: false, fenced: false });
        if (!second.succeeded) expect(second.current[0]?.value.toString()).toBe('first');
        expect(await textOf('a')).toBe('first');
      });

      it('let one of many concurrent compare-and-swaps win', async () => {
        const revision = await commit(put('a', 'start'));
        const results = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            store.commit({
              compares: [{ key: 'a', target: 'modRevision', equals: revision }],
              ops: [put('a', `winner ${index}`)],
            }),
          ),
        );
        expect(results.filter(({ succeeded }) => succeeded)).toHaveLength(1);
      });

      it('write all or nothing of several keys', async () => {
        await commit(put('a', '1'));
        const result = await store.commit({
          compares: [
            { key: 'a', target: 'version', equals: 1 },
            { key: 'b', target: 'version', equals: 7 },
          ],
          ops: [put('a', '2'), put('b', '2')],
        });
        expect(result.succeeded).toBe(false);
        expect(await textOf('a')).toBe('1');
        expect(await textOf('b')).toBeUndefined();
      });

      it('refuse a deposed leader by its guard', async () => {
        const term = await commit(put('leader', 'me'));
        const guard = { key: 'leader', target: 'modRevision', equals: term } as const;
        expect(await store.commit({ compares: [], ops: [put('a', 'by me')], guard })).toMatchObject({
          succeeded: true,
        });
        await commit(put('leader', 'somebody else'));
        expect(await store.commit({ compares: [], ops: [put('a', 'by the deposed')], guard })).toMatchObject({
          succeeded: false,
          fenced: true,
        });
        expect(await textOf('a')).toBe('by me');
      });
    });

    describe('lists', () => {
      it('come in order of the keys as UTF-8 bytes', async () => {
        const keys = ['p/b', 'p/a', 'p/\u{1f600}', 'p/\uffee', 'p/é', 'p/Z'];
        for (const key of keys) await commit(put(key));
        const expected = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(await keysOf({ prefix: 'p/' })).toEqual(expected);
      });

      it('go on behind a key at one revision, whatever is written meanwhile', async () => {
        for (const key of ['p/a', 'p/b', 'p/c', 'p/d']) await commit(put(key));
        const first = await store.list({ prefix: 'p/', limit: 2 });
        expect(first.remaining).toBe(2);
        await commit(remove('p/c'));
        await commit(put('p/bb'));
        const rest = await store.list({ prefix: 'p/', after: 'p/b', revision: first.revision });
        expect(rest.items.map(({ key }) => key)).toEqual(['p/c', 'p/d']);
        expect(await keysOf({ prefix: 'p/' })).toEqual(['p/a', 'p/b', 'p/bb', 'p/d']);
      });

      it('hold nothing of other prefixes', async () => {
        await commit(put('pods/a'), put('podsecurity/b'), put('nodes/c'));
        expect(await keysOf({ prefix: 'pods/' })).toEqual(['pods/a']);
      });

      it('refuse a revision that has not been', async () => {
        await expect(store.list({ prefix: '', revision: 99 })).rejects.toThrow(FutureRevisionError);
      });
    });

    describe('compaction', () => {
      it('forgets old versions and keeps present ones', async () => {
        const old = await commit(put('a', 'old'));
        await commit(put('gone'));
        const newest = await commit(put('a', 'new'), remove('gone'));
        await store.compact(newest);
        expect(await textOf('a')).toBe('new');
        await expect(store.get('a', { revision: old })).rejects.toThrow(CompactedError);
        await expect(store.list({ prefix: '', revision: old })).rejects.toThrow(CompactedError);
        expect(() => store.watch({ prefix: '', afterRevision: old })).toThrow(CompactedError);
        expect(await keysOf({ prefix: '' })).toEqual(['a']);
      });

      it('refuses to reach into the future', async () => {
        await expect(store.compact(5)).rejects.toThrow(FutureRevisionError);
      });
    });

    describe('leases', () => {
      it('take their keys with them when they end', async () => {
        const lease = await store.grantLease(10_000);
        await commit({ type: 'put', key: 'held', value: bytes('x'), lease }, put('free'));
        const watcher = store.watch({ prefix: 'held', afterRevision: store.revision });
        await clock.advance(9_000);
        await store.renewLease(lease);
        await clock.advance(9_000);
        expect(await textOf('held')).toBe('x');
        await clock.advance(1_001);
        const [batch] = await take(watcher, 1);
        expect(batch?.events).toMatchObject([{ type: 'delete', key: 'held' }]);
        expect(await textOf('held')).toBeUndefined();
        expect(await textOf('free')).toBe('free');
        await expect(store.renewLease(lease)).rejects.toThrow(LeaseNotFoundError);
      });

      it('let go of a key that was written again without them', async () => {
        const lease = await store.grantLease(1_000);
        await commit({ type: 'put', key: 'a', value: bytes('1'), lease });
        await commit(put('a', '2'));
        await store.revokeLease(lease);
        expect(await textOf('a')).toBe('2');
      });

      it('end when revoked, twice without harm, and take no more keys', async () => {
        const lease = await store.grantLease(1_000);
        await commit({ type: 'put', key: 'a', value: bytes('1'), lease });
        await store.revokeLease(lease);
        await store.revokeLease(lease);
        expect(await textOf('a')).toBeUndefined();
        await expect(commit({ type: 'put', key: 'b', value: bytes('1'), lease })).rejects.toThrow(LeaseNotFoundError);
      });
    });

    describe('leases of writes still under way', () => {
      it('take a key with them that is just being written', async () => {
        const lease = await store.grantLease(1_000);
        const written = commit({ type: 'put', key: 'a', value: bytes('1'), lease });
        const revoked = store.revokeLease(lease);
        await Promise.all([written, revoked]);
        expect(await textOf('a')).toBeUndefined();
      });

      it('leave a key that is just being written without them', async () => {
        const lease = await store.grantLease(1_000);
        await commit({ type: 'put', key: 'a', value: bytes('1'), lease });
        const written = commit(put('a', '2'));
        const revoked = store.revokeLease(lease);
        await Promise.all([written, revoked]);
        expect(await textOf('a')).toBe('2');
      });
    });

    describe('watches', () => {
      it('deliver what came before them since their revision, and what comes after', async () => {
        const start = await commit(put('p/a', '1'));
        await commit(put('p/b', '2'));
        const watcher = store.watch({ prefix: 'p/', afterRevision: start });
        await commit(remove('p/a'));
        const batches = await take(watcher, 2);
        expect(batches.flatMap(({ events }) => events)).toMatchObject([
          { type: 'put', key: 'p/b' },
          { type: 'delete', key: 'p/a', previous: { version: 1 } },
        ]);
      });

      it('begin without a gap after a snapshot', async () => {
        await commit(put('p/a'));
        const { snapshot, watcher } = await store.listAndWatch({ prefix: 'p/' });
        await commit(put('p/b'));
        expect(snapshot.items.map(({ key }) => key)).toEqual(['p/a']);
        expect((await take(watcher, 1))[0]?.events).toMatchObject([{ key: 'p/b' }]);
      });

      it('send bookmarks while nothing happens', async () => {
        await commit(put('elsewhere'));
        const watcher = store.watch({ prefix: 'p/', afterRevision: store.revision, bookmarkMs: 1_000 });
        await clock.advance(1_000);
        expect(await take(watcher, 1)).toEqual([{ events: [], revision: store.revision }]);
      });

      it('end when closed, and when the store is closed', async () => {
        const first = store.watch({ prefix: '', afterRevision: 0 });
        const second = store.watch({ prefix: '', afterRevision: 0 });
        first.close();
        expect(await drain(first)).toEqual([]);
        await store.close();
        expect(await drain(second)).toEqual([]);
        await expect(commit(put('a'))).rejects.toThrow(StoreClosedError);
      });

      it.each([1, 2, 3, 4, 5])('keep all six guarantees under a random load (seed %i)', async (seed) => {
        const random = seededRandom(seed);
        const pick = (count: number): number => Math.floor(random.next() * count);
        const truth = new Map<number, StoreEvent[]>();
        const everything = store.watch({ prefix: '', afterRevision: 0 });
        const start = { prefix: 'p/', afterRevision: store.revision };
        const first = store.watch({ ...start, bookmarkMs: 10 });
        const firstBatches: WatchBatch[] = [];
        const reading = (async () => {
          for await (const batch of first) {
            firstBatches.push(batch);
            if (firstBatches.length === 40) break;
          }
        })();
        let last = 0;
        const load = Array.from({ length: 8 }, async () => {
          for (let round = 0; round < 25; round++) {
            const keys = new Set(Array.from({ length: 1 + pick(3) }, () => `${pick(4) === 0 ? 'q' : 'p'}/${pick(10)}`));
            last = Math.max(
              last,
              await commit(...[...keys].map((key) => (pick(4) === 0 ? remove(key) : put(key, `${round}`)))),
            );
            if (pick(5) === 0) await clock.advance(10);
          }
        });
        await Promise.all(load);
        await commit(put('p/end'), put('q/end'));
        await reading;
        const second = store.watch({ prefix: 'p/', afterRevision: firstBatches.at(-1)?.revision ?? 0 });
        const secondBatches = await takeUntil(second, 'p/end');
        for (const { events, revision } of await takeUntil(everything, 'q/end')) truth.set(revision, [...events]);

        expect(truth.size).toBeGreaterThan(100);
        expect(brokeOrdered(firstBatches)).toBeUndefined();
        expect(brokeUnique(firstBatches)).toBeUndefined();
        expect(brokeReliable(firstBatches, truth, start)).toBeUndefined();
        expect(brokeAtomic(firstBatches)).toBeUndefined();
        expect(brokeBookmarked(firstBatches)).toBeUndefined();
        expect(brokeResumable(firstBatches, secondBatches, truth, start)).toBeUndefined();
      });
    });

    it('agrees with a plain map, whatever is done to it', async () => {
      const key = fc.constantFrom('a', 'b', 'c');
      const step = fc.oneof(
        fc.record({ type: fc.constant('put' as const), key, text: fc.string({ maxLength: 5 }) }),
        fc.record({ type: fc.constant('delete' as const), key }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
          for (const each of ['a', 'b', 'c']) await commit(remove(each));
          const model = new Map<string, string>();
          const past: { readonly revision: number; readonly state: ReadonlyMap<string, string> }[] = [];
          for (const each of steps) {
            const revision = await commit(each.type === 'put' ? put(each.key, each.text) : remove(each.key));
            if (each.type === 'put') model.set(each.key, each.text);
            else model.delete(each.key);
            past.push({ revision, state: new Map(model) });
          }
          for (const { revision, state } of past) {
            const { items } = await store.list({ prefix: '', revision });
            expect(new Map(items.map((item) => [item.key, item.value.toString()]))).toEqual(state);
          }
        }),
        { numRuns: 30 },
      );
    });
  });
}

/** The next `count` batches. */
async function take(watcher: Watcher, count: number): Promise<WatchBatch[]> {
  const batches: WatchBatch[] = [];
  for await (const batch of watcher) {
    batches.push(batch);
    if (batches.length === count) break;
  }
  return batches;
}

async function takeUntil(watcher: Watcher, key: string): Promise<WatchBatch[]> {
  const batches: WatchBatch[] = [];
  for await (const batch of watcher) {
    batches.push(batch);
    if (batch.events.some((event) => event.key === key)) break;
  }
  return batches;
}

async function drain(watcher: Watcher): Promise<WatchBatch[]> {
  await settle();
  const batches: WatchBatch[] = [];
  for await (const batch of watcher) batches.push(batch);
  return batches;
}
