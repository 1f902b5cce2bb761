import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import Sqlite from 'better-sqlite3';
import { errorCodeOf } from '../../../shared/error-code';
import type { LeaseRow, Row, WriterOptions } from './protocol';

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
  return crc32(row.value, crc32(head));
}

/**
 * The one place that knows SQLite. `log` holds every version of every key once, `current` points at each key's newest
 * row. Commits are fsynced (WAL, synchronous=FULL). The database is locked as long as it is open, and the kernel lets
 * go of the lock when the process dies.
 */
export class Database {
  private readonly db: Sqlite.Database;
  private readonly file: string;

  /** Throws DatabaseProblem. */
  constructor({ directory, maxPages }: WriterOptions) {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.file = path.join(directory, 'store.db');
    const holder = path.join(directory, 'holder.pid');
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
      throw asProblem(error, this.file, holder);
    }
    writeFileSync(holder, String(process.pid), { mode: 0o600 });
  }

  /** Every row of the log in order of revision, each checked. Throws DatabaseProblem for one that is not what was written. */
  *rows(): Generator<Row> {
    const check = this.db.pragma('quick_check(1)', { simple: true });
    if (check !== 'ok') throw this.corrupt(String(check));
    const newest = new Map<string, number>();
    for (const found of this.db.prepare('SELECT * FROM log ORDER BY id').iterate() as IterableIterator<LogRow>) {
      const row: Row = {
        revision: found.revision,
        key: found.key,
        deleted: found.deleted === 1,
        createRevision: found.create_revision,
        version: found.version,
        lease: found.lease,
        value: found.value,
      };
      if (checksumOf(row) !== found.checksum)
        throw this.corrupt(`row ${found.id} (key ${found.key}, revision ${found.revision}) fails its checksum`);
      newest.set(found.key, found.id);
      yield row;
    }
    for (const { key, id } of this.db.prepare('SELECT key, id FROM current').all() as { key: string; id: number }[]) {
      if (newest.get(key) !== id) throw this.corrupt(`key ${key} points at row ${id}, which is not its newest`);
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
    return this.db.transaction((rows: readonly Row[], grants: readonly LeaseRow[], ends: readonly string[]) => {
      for (const row of rows) {
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
      }
      for (const { id, ttlMs } of grants) grant.run(id, ttlMs);
      for (const id of ends) end.run(id);
    });
  }

  /** Drops the rows that no read at `revision` or later needs. */
  compact(revision: number): void {
    this.db.transaction(() => {
      this.db
        .prepare("INSERT INTO meta VALUES ('compacted', ?) ON CONFLICT DO UPDATE SET value = excluded.value")
        .run(revision);
      // A row goes when a newer one of its key stands at or below the revision, or when it is itself a deletion there.
      this.db
        .prepare(
          `DELETE FROM log WHERE revision <= @revision AND (
             deleted = 1 OR id NOT IN (SELECT max(id) FROM log WHERE revision <= @revision GROUP BY key))`,
        )
        .run({ revision });
    })();
  }

  async backup(to: string): Promise<void> {
    await this.db.backup(to);
  }

  close(): void {
    this.db.close();
  }

  private corrupt(what: string): DatabaseProblem {
    return new DatabaseProblem(
      'corrupt',
      `${this.file} is damaged: ${what}. Restore it from a backup, or move the folder away to start empty.`,
    );
  }
}

function asProblem(error: unknown, file: string, holder: string): unknown {
  const code = errorCodeOf(error);
  if (code.startsWith('SQLITE_BUSY')) {
    return new DatabaseProblem(
      'locked',
      `${path.dirname(file)} is in use by another server (pid ${pidIn(holder)}): stop it first, or choose another --data-dir`,
    );
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new DatabaseProblem(
      'corrupt',
      `${file} is damaged: it is no SQLite database. Restore it from a backup, or move the folder away to start empty.`,
    );
  }
  return error;
}

function pidIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return 'unknown';
  }
}
