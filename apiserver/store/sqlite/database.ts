import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { errorCodeOf } from '../../../shared/error-code';
import type { LeaseRow, Row, WriterOptions } from './protocol';
import { StaleRows } from './stale-rows';

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS log (
    id INTEGER PRIMARY KEY,
    revision INTEGER NOT NULL,
    key TEXT NOT NULL,
    deleted INTEGER NOT NULL,
    create_revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    lease TEXT,
    value BLOB NOT NULL,
    checksum INTEGER NOT NULL
  );
  CREATE TABLE IF NOT EXISTS current (key TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS lease (id TEXT PRIMARY KEY, ttl_ms INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
`;
/** Pages of the write-ahead log before it is copied into the database: 16 MiB. */
const CHECKPOINT_PAGES = 4_096;
/** Rows that a compaction drops in one step: a few milliseconds, after which waiting writes have their turn. */
const COMPACT_ROWS = 500;

interface LogRow {
  readonly id: number;
  readonly revision: number;
  readonly key: string;
  readonly deleted: number;
  readonly create_revision: number;
  readonly version: number;
  readonly lease: string | null;
  readonly value: Buffer;
  readonly checksum: number;
}

/** What may be wrong with the data folder itself. */
export class DatabaseProblem extends Error {
  constructor(
    readonly kind: 'locked' | 'corrupt',
    message: string,
  ) {
    super(message);
  }
}

/** Covers every field, so that a row that was changed or moved is noticed. */
function checksumOf(row: Row): number {
  const head = JSON.stringify([row.revision, row.key, row.deleted, row.createRevision, row.version, row.lease]);
  // zlib begins anew at a null pointer, and an empty buffer may be one or not.
  return row.value.length === 0 ? crc32(head) : crc32(row.value, crc32(head));
}

/** Rows without a value may have 0, which earlier versions wrote for some. */
const isWhole = (row: Row, checksum: number): boolean =>
  checksumOf(row) === checksum || (row.value.length === 0 && checksum === 0);

/**
 * The one place that knows SQLite. `log` holds every version of every key once, `current` points at each key's newest
 * row. Commits are fsynced (WAL, synchronous=FULL). The database is locked as long as it is open, and the kernel lets
 * go of the lock when the process dies.
 */
export class Database {
  private readonly db: Sqlite.Database;
  private readonly file: string;
  private readonly holder: string;
  private readonly stale = new StaleRows();

  /** Throws DatabaseProblem. */
  constructor({ directory, maxPages }: WriterOptions) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.file = path.join(directory, 'store.db');
    this.holder = path.join(directory, 'holder.pid');
    this.db = new Sqlite(this.file, { timeout: 0 });
    try {
      this.db.pragma('locking_mode = EXCLUSIVE');
      this.db.pragma('journal_mode = WAL');
      this.db.pragma('synchronous = FULL');
      this.db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
      if (maxPages !== undefined) this.db.pragma(`max_page_count = ${maxPages}`);
      this.db.exec(SCHEMA);
      // Takes the lock for good: in exclusive mode the first write keeps it.
      this.db.prepare("INSERT INTO meta VALUES ('opened', 1) ON CONFLICT DO UPDATE SET value = value + 1").run();
    } catch (error) {
      this.db.close();
      throw this.asProblem(error);
    }
    writeFileSync(this.holder, String(process.pid), { mode: 0o600 });
  }

  /**
   * Every row of the log in order of revision, each checked; to be read to its end before anything is written. Throws
   * DatabaseProblem for what is not as it was written.
   */
  *rows(): Generator<Row> {
    try {
      const check = this.db.pragma('quick_check(1)', { simple: true });
      if (check !== 'ok') throw this.corrupt(String(check).replaceAll('\n', ' '));
      for (const found of this.db.prepare('SELECT * FROM log ORDER BY id').iterate() as IterableIterator<LogRow>) {
        const row = fromLogRow(found);
        if (!isWhole(row, found.checksum))
          throw this.corrupt(`row ${found.id} (key ${found.key}, revision ${found.revision}) fails its checksum`);
        this.stale.note(found.id, row);
        yield row;
      }
      this.checkPointers();
    } catch (error) {
      throw this.asProblem(error);
    }
  }

  leases(): readonly LeaseRow[] {
    return (this.db.prepare('SELECT id, ttl_ms FROM lease').all() as { id: string; ttl_ms: number }[]).map(
      ({ id, ttl_ms }) => ({ id, ttlMs: ttl_ms }),
    );
  }

  /** The last revision that was ever committed, also when its rows are compacted away. */
  get revision(): number {
    const logged = this.db.prepare('SELECT max(revision) AS revision FROM log').get() as { revision: number | null };
    return Math.max(logged.revision ?? 0, this.compactedRevision);
  }

  get compactedRevision(): number {
    const row = this.db.prepare("SELECT value FROM meta WHERE name = 'compacted'").get() as
      { value: number } | undefined;
    return row?.value ?? 0;
  }

  /** A function that writes one group in one durable transaction: all of it, or nothing and it throws. */
  writer(): (rows: readonly Row[], grants: readonly LeaseRow[], ends: readonly string[]) => void {
    const insert = this.db.prepare(
      'INSERT INTO log (revision, key, deleted, create_revision, version, lease, value, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    const point = this.db.prepare('INSERT INTO current VALUES (?, ?) ON CONFLICT DO UPDATE SET id = excluded.id');
    const unpoint = this.db.prepare('DELETE FROM current WHERE key = ?');
    const grant = this.db.prepare('INSERT INTO lease VALUES (?, ?)');
    const end = this.db.prepare('DELETE FROM lease WHERE id = ?');
    const writeAll = this.db.transaction(
      (rows: readonly Row[], grants: readonly LeaseRow[], ends: readonly string[]): readonly number[] => {
        const ids = rows.map((row) => {
          const { lastInsertRowid } = insert.run(
            row.revision,
            row.key,
            row.deleted ? 1 : 0,
            row.createRevision,
            row.version,
            row.lease,
            row.value,
            checksumOf(row),
          );
          if (row.deleted) unpoint.run(row.key);
          else point.run(row.key, lastInsertRowid);
          return Number(lastInsertRowid);
        });
        for (const { id, ttlMs } of grants) grant.run(id, ttlMs);
        for (const id of ends) end.run(id);
        return ids;
      },
    );
    return (rows, grants, ends) => {
      const ids = writeAll(rows, grants, ends);
      rows.forEach((row, index) => this.stale.note(ids[index] ?? 0, row));
    };
  }

  /**
   * Drops the rows that no read at `revision` or later needs, one step a turn of the generator. It may be left at any
   * step: what stays behind goes with the next compaction.
   */
  *compact(revision: number): Generator<void> {
    this.db
      .prepare("INSERT INTO meta VALUES ('compacted', ?) ON CONFLICT DO UPDATE SET value = excluded.value")
      .run(revision);
    const remove = this.db.prepare('DELETE FROM log WHERE id = ?');
    const removeAll = this.db.transaction((ids: readonly number[]) => ids.forEach((id) => remove.run(id)));
    for (;;) {
      const ids = this.stale.upTo(revision, COMPACT_ROWS);
      if (ids.length === 0) return;
      removeAll(ids);
      this.stale.drop(ids.length);
      yield;
    }
  }

  /** Copies everything into the new file `to`, which only its owner can read. */
  async backup(to: string): Promise<void> {
    writeFileSync(to, '', { flag: 'wx', mode: 0o600 });
    try {
      await this.db.backup(to);
    } catch (error) {
      rmSync(to, { force: true });
      throw error;
    }
  }

  close(): void {
    this.db.close();
  }

  /** Each present key has one pointer, at its newest row. */
  private checkPointers(): void {
    const missing = new Set(this.stale.present.keys());
    for (const { key, id } of this.db.prepare('SELECT key, id FROM current').all() as { key: string; id: number }[]) {
      if (this.stale.present.get(key) !== id)
        throw this.corrupt(`key ${key} points at row ${id}, which is not its newest`);
      missing.delete(key);
    }
    for (const key of missing) throw this.corrupt(`key ${key} has a row but no pointer`);
  }

  private corrupt(what: string): DatabaseProblem {
    return new DatabaseProblem(
      'corrupt',
      `${this.file} is damaged: ${what}. Restore it from a backup, or move the folder away to start empty.`,
    );
  }

  /** What SQLite's error says of the data folder; any other is handed back untouched. */
  private asProblem(error: unknown): unknown {
    const code = errorCodeOf(error);
    if (code.startsWith('SQLITE_BUSY')) {
      return new DatabaseProblem(
        'locked',
        `${path.dirname(this.file)} is in use by another server (pid ${pidIn(this.holder)}): stop it first, or choose another --data-dir`,
      );
    }
    if (code !== 'SQLITE_NOTADB' && !code.startsWith('SQLITE_CORRUPT')) return error;
    return this.corrupt(error instanceof Error ? error.message : code);
  }
}

const fromLogRow = (found: LogRow): Row => ({
  revision: found.revision,
  key: found.key,
  deleted: found.deleted === 1,
  createRevision: found.create_revision,
  version: found.version,
  lease: found.lease,
  value: found.value,
});

function pidIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return 'unknown';
  }
}
