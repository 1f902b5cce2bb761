import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { silentLogger } from '../../../shared/logger';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { describeStoreContract } from '../contract/store-contract';
import type { Store } from '../store';
import { CompactedError, StoreCorruptError, StoreFullError, StoreLockedError } from '../store';
import type { SqliteStoreOptions } from './sqlite-store';
import { openSqliteStore } from './sqlite-store';

const aFolder = (): string => mkdtempSync(path.join(tmpdir(), 'pinsetter-store-'));

describeStoreContract('the sqlite driver', async (clock) => {
  const directory = aFolder();
  const store = await openSqliteStore({ directory, clock, logger: silentLogger });
  return {
    store,
    dispose: async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
});

describe('the sqlite driver', () => {
  let directory: string;
  let store: Store;
  const clock = new FakeClock();
  const open = (more: Partial<SqliteStoreOptions> = {}): Promise<Store> =>
    openSqliteStore({ directory, clock, logger: silentLogger, ...more });
  const put = async (key: string, text: string | Buffer = key): Promise<number> => {
    const result = await store.commit({ compares: [], ops: [{ type: 'put', key, value: Buffer.from(text) }] });
    return result.revision;
  };
  const textOf = async (key: string): Promise<string | undefined> => (await store.get(key))?.value.toString();

  beforeEach(async () => {
    directory = aFolder();
    store = await open();
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  it('has everything again after a restart: values, versions, history and the revision', async () => {
    const first = await put('a', '1');
    await put('a', '2');
    await put('b', 'x');
    await store.commit({ compares: [], ops: [{ type: 'delete', key: 'b' }] });
    const { revision } = store;
    await store.close();
    store = await open();
    expect(store.revision).toBe(revision);
    expect(await store.get('a')).toMatchObject({ version: 2, createRevision: first });
    expect((await store.get('a', { revision: first }))?.value.toString()).toBe('1');
    expect(await store.get('b')).toBeUndefined();
    expect(await put('c')).toBe(revision + 1);
  });

  it('opens again after deletions, written alone or together with other things', async () => {
    for (const key of ['a', 'b', 'c']) await put(key);
    await store.commit({ compares: [], ops: [{ type: 'delete', key: 'a' }] });
    const together = [
      { type: 'delete', key: 'b' } as const,
      { type: 'put', key: 'd', value: Buffer.from('d') } as const,
    ];
    await store.commit({ compares: [], ops: together });
    await store.close();
    store = await open();
    expect((await store.list({ prefix: '' })).items.map(({ key }) => key)).toEqual(['c', 'd']);
  });

  it('opens what an earlier version wrote, who gave some deletions no checksum', async () => {
    await put('a');
    await store.commit({ compares: [], ops: [{ type: 'delete', key: 'a' }] });
    await store.close();
    const db = new Sqlite(path.join(directory, 'store.db'));
    db.prepare('UPDATE log SET checksum = 0 WHERE deleted = 1').run();
    db.close();
    store = await open();
    expect((await store.list({ prefix: '' })).items).toEqual([]);
  });

  it('uses no revision again, also when its rows were compacted away', async () => {
    await put('a');
    const { revision: last } = await store.commit({ compares: [], ops: [{ type: 'delete', key: 'a' }] });
    await store.compact(last);
    await store.close();
    store = await open();
    expect(store.revision).toBe(last);
    expect(store.compactedRevision).toBe(last);
    expect(() => store.watch({ prefix: '', afterRevision: last - 1 })).toThrow(CompactedError);
    expect(await put('b')).toBe(last + 1);
  });

  it('keeps leases over a restart, from when they run anew', async () => {
    const lease = await store.grantLease(5_000);
    await store.commit({ compares: [], ops: [{ type: 'put', key: 'held', value: Buffer.from('x'), lease }] });
    await store.close();
    store = await open();
    const watcher = store.watch({ prefix: 'held', afterRevision: store.revision });
    await clock.advance(4_999);
    expect(await textOf('held')).toBe('x');
    await clock.advance(1);
    for await (const { events } of watcher) {
      expect(events).toMatchObject([{ type: 'delete', key: 'held' }]);
      break;
    }
  });

  it('refuses a second server on the same folder, and names the first', async () => {
    await expect(open()).rejects.toThrow(StoreLockedError);
    await expect(open()).rejects.toThrow(`pid ${process.pid}`);
    expect(await put('still', 'works')).toBeGreaterThan(0);
  });

  it('notices a changed byte at the start, and says where', async () => {
    await put('a', 'precious');
    await store.close();
    const db = new Sqlite(path.join(directory, 'store.db'));
    db.prepare("UPDATE log SET value = ? WHERE key = 'a'").run(Buffer.from('tampered'));
    db.close();
    await expect(open()).rejects.toThrow(StoreCorruptError);
    await expect(open()).rejects.toThrow(/row 1 \(key a, revision 1\)/);
    const mended = new Sqlite(path.join(directory, 'store.db'));
    mended.prepare("UPDATE log SET value = ? WHERE key = 'a'").run(Buffer.from('precious'));
    mended.close();
    store = await open();
    expect(await textOf('a')).toBe('precious');
  });

  it('notices a file that is no database', async () => {
    await store.close();
    const file = path.join(directory, 'store.db');
    const good = readFileSync(file);
    writeFileSync(file, 'this is no database, it is a sentence that is long enough to be read as a header of one');
    await expect(open()).rejects.toThrow(StoreCorruptError);
    writeFileSync(file, good);
    store = await open();
  });

  it('refuses cleanly when the disk is full, and works again when there is room', async () => {
    await put('a', 'kept');
    await store.close();
    store = await open({ maxPages: 60 });
    const big = Buffer.alloc(40_000, 1);
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, index) => put(`big-${index}`, big)));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toBeInstanceOf(StoreFullError);
    const written = (await store.list({ prefix: 'big-' })).items.length;
    expect(written).toBe(results.length - refused.length);
    await store.close();
    store = await open();
    expect((await store.list({ prefix: 'big-' })).items).toHaveLength(written);
    expect(await textOf('a')).toBe('kept');
    expect(await put('room')).toBe(store.revision);
  });

  it('makes a whole copy while writes go on', async () => {
    await put('before');
    const copy = aFolder();
    const writes = Promise.all(Array.from({ length: 50 }, (_, index) => put(`during-${index}`)));
    await store.backup(path.join(copy, 'store.db'));
    await writes;
    const restored = await openSqliteStore({ directory: copy, clock, logger: silentLogger });
    expect((await restored.get('before'))?.value.toString()).toBe('before');
    await restored.close();
    rmSync(copy, { recursive: true });
  });

  it('compacts by itself when its history grows long', async () => {
    await store.close();
    store = await open({ keepRevisions: 50 });
    for (let round = 0; round < 101; round++) await put('a', String(round));
    expect(store.compactedRevision).toBeGreaterThan(0);
    expect(await textOf('a')).toBe('100');
    await store.close();
    store = await open({ keepRevisions: 50 });
    expect(await textOf('a')).toBe('100');
  });

  it('answers a failed compare, and compacts, while others never stop writing', async () => {
    await store.close();
    store = await open({ keepRevisions: 50 });
    const never = { compares: [{ key: 'absent', target: 'version', equals: 1 }], ops: [] } as const;
    let stopped = false;
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let count = 0; !stopped && count < 2_000; count++) await put(`key-${writer}`, String(count));
      return stopped;
    });
    while (store.revision < 500) await put('pace');
    expect(await store.commit(never)).toMatchObject({ succeeded: false });
    expect(store.compactedRevision).toBeGreaterThan(300);
    stopped = true;
    expect(await Promise.all(writers)).toEqual(Array<boolean>(8).fill(true));
  });

  it('has every present key after a restart, however its compactions were cut off', async () => {
    for (const key of ['a', 'b', 'c']) await put(key);
    await store.commit({ compares: [], ops: [{ type: 'delete', key: 'b' }] });
    await put('a', 'newest');
    await store.compact(store.revision);
    const { items, revision } = await store.list({ prefix: '' });
    await store.close();
    const db = new Sqlite(path.join(directory, 'store.db'));
    expect(db.prepare('SELECT key FROM log ORDER BY key').pluck().all()).toEqual(['a', 'c']);
    db.close();
    store = await open();
    expect(await store.list({ prefix: '' })).toEqual({ items, revision, remaining: 0 });
  });

  it('judges a compare again when what it failed against never reached the disk', async () => {
    await store.close();
    store = await open({ maxPages: 20 });
    const key = 'contended';
    const isNew = [{ key, target: 'version', equals: 0 }] as const;
    const tooBig = store.commit({ compares: isNew, ops: [{ type: 'put', key, value: Buffer.alloc(500_000) }] });
    const small = store.commit({ compares: isNew, ops: [{ type: 'put', key, value: Buffer.from('small') }] });
    await expect(tooBig).rejects.toThrow(StoreFullError);
    expect(await small).toMatchObject({ succeeded: true });
    expect(await textOf(key)).toBe('small');
  });

  it('acknowledges each write by its own result while a copy is made', async () => {
    for (let index = 0; index < 40; index++) await put(`filler-${index}`, Buffer.alloc(100_000));
    await store.close();
    store = await open({ maxPages: 1_100 });
    const copy = aFolder();
    // Asked for together: which of them ends first is the threads' affair.
    const [copied, small, tooBig] = await Promise.allSettled([
      store.backup(path.join(copy, 'store.db')),
      put('small'),
      put('too big', Buffer.alloc(5_000_000)),
    ]);
    expect([copied.status, small.status]).toEqual(['fulfilled', 'fulfilled']);
    expect(tooBig).toEqual({ status: 'rejected', reason: expect.any(StoreFullError) as StoreFullError });
    expect(await textOf('small')).toBe('small');
    expect(await store.get('too big')).toBeUndefined();
    rmSync(copy, { recursive: true });
  });

  it('finishes a copy before it closes', async () => {
    await put('kept');
    const copy = aFolder();
    const copied = store.backup(path.join(copy, 'store.db'));
    await Promise.all([store.close(), copied]);
    store = await openSqliteStore({ directory: copy, clock, logger: silentLogger });
    expect(await textOf('kept')).toBe('kept');
    await store.close();
    rmSync(copy, { recursive: true });
  });

  it('copies into a new file that only its owner can read', async () => {
    const file = path.join(directory, 'copy.db');
    await store.backup(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(store.backup(file)).rejects.toThrow(/EEXIST/);
  });

  it('notices a page that is damaged, and says what to do', async () => {
    for (let index = 0; index < 50; index++) await put(`key-${index}`, Buffer.alloc(2_000, 1));
    await store.close();
    const file = path.join(directory, 'store.db');
    const good = readFileSync(file);
    const bad = Buffer.from(good);
    bad.fill(0xff, 4_096 * 10, 4_096 * 11);
    writeFileSync(file, bad);
    const failure: unknown = await open().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreCorruptError);
    expect(String(failure)).toMatch(/store\.db is damaged: .+ Restore it from a backup/);
    writeFileSync(file, good);
    store = await open();
  });

  it('notices a key whose pointer is gone', async () => {
    await put('a');
    await store.close();
    const db = new Sqlite(path.join(directory, 'store.db'));
    db.prepare("DELETE FROM current WHERE key = 'a'").run();
    db.close();
    await expect(open()).rejects.toThrow(/key a .*no pointer/);
    rmSync(path.join(directory, 'store.db'));
    store = await open();
  });

  it('gives no lease the name of an ended one, also after a restart', async () => {
    const ended = await store.grantLease(1_000);
    await store.revokeLease(ended);
    await store.close();
    store = await open();
    expect(await store.grantLease(1_000)).not.toBe(ended);
  });

  it('clears an ended lease later when the disk was full', async () => {
    await store.close();
    store = await open({ maxPages: 20 });
    const lease = await store.grantLease(1_000);
    await store.commit({ compares: [], ops: [{ type: 'put', key: 'held', value: Buffer.from('x'), lease }] });
    const tooBig = put('big', Buffer.alloc(500_000));
    const revoked = store.revokeLease(lease);
    await expect(tooBig).rejects.toThrow(StoreFullError);
    await expect(revoked).rejects.toThrow(StoreFullError);
    const watcher = store.watch({ prefix: 'held', afterRevision: store.revision });
    await clock.advance(1_000);
    for await (const { events } of watcher) {
      expect(events).toMatchObject([{ type: 'delete', key: 'held' }]);
      break;
    }
  });
});
