import type { FileHandle } from 'node:fs/promises';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';

export interface AuditLogOptions {
  /** `-` is standard output. */
  readonly path: string;
  /** A file that would grow beyond this is put aside. */
  readonly maxSizeBytes: number;
  /** How many files that were put aside are kept; 0: all. */
  readonly maxBackups: number;
  /** How long they are kept; 0: for ever. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What waits to be written takes no more memory than this; what comes beyond it is lost, and counted. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

/**
 * Lines appended to a file behind the requests' backs: nobody waits for the disk. Files that are full are put aside under
 * the time at which that was. Closing writes what still waits.
 */
export class AuditLog {
  private waiting: Buffer[] = [];
  private waitingBytes = 0;
  private lost = 0;
  private writing: Promise<void> | undefined;

  private constructor(
    private readonly options: AuditLogOptions,
    private file: FileHandle | undefined,
    private size: number,
  ) {}

  /** Throws where the file cannot be written. */
  static async open(options: AuditLogOptions): Promise<AuditLog> {
    if (options.path === '-') return new AuditLog(options, undefined, 0);
    await mkdir(path.dirname(options.path), { recursive: true });
    const file = await openFile(options.path);
    return new AuditLog(options, file, (await file.stat()).size);
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.lost += 1;
      return;
    }
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.writing ??= this.drain().finally(() => (this.writing = undefined));
  }

  /** Resolves when everything is written that has come so far. */
  async flush(): Promise<void> {
    await this.writing;
  }

  /** The same, and no more comes. Idempotent. */
  async close(): Promise<void> {
    await this.flush();
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private async drain(): Promise<void> {
    // What comes in the same turn is written together.
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const bytes = Buffer.concat(this.waiting);
      this.waiting = [];
      this.waitingBytes = 0;
      try {
        await this.append(bytes);
      } catch (error) {
        this.options.logger.error({ err: error, path: this.options.path }, 'the audit log could not be written');
      }
      if (this.lost > 0) {
        this.options.logger.error({ events: this.lost }, 'the audit log is too slow: events were lost');
        this.lost = 0;
      }
    }
  }

  private async append(bytes: Buffer): Promise<void> {
    if (this.options.path === '-') {
      await new Promise<void>((resolve, reject) =>
        process.stdout.write(bytes, (error) => (error == null ? resolve() : reject(error))),
      );
      return;
    }
    if (this.size > 0 && this.size + bytes.length > this.options.maxSizeBytes) await this.rotate();
    await this.file?.appendFile(bytes);
    this.size += bytes.length;
  }

  private async rotate(): Promise<void> {
    const { path: file, clock } = this.options;
    const { dir, name, ext } = path.parse(file);
    await this.file?.close();
    const stamp = new Date(clock.now()).toISOString().slice(0, 23).replaceAll(':', '-');
    await rename(file, path.join(dir, `${name}-${stamp}${ext}`));
    this.file = await openFile(file);
    this.size = 0;
    await this.prune();
  }

  private async prune(): Promise<void> {
    const { path: file, maxBackups, maxAgeMs, clock } = this.options;
    const { dir, name, ext } = path.parse(file);
    const backups = (await readdir(dir))
      .flatMap((each) => {
        const stamp = each.startsWith(`${name}-`) && each.endsWith(ext) ? each.slice(name.length + 1) : '';
        const [, day = '', time = ''] = /^(\d{4}-\d\d-\d\d)T(\d\d-\d\d-\d\d\.\d{3})/.exec(stamp) ?? [];
        const atMs = Date.parse(`${day}T${time.replaceAll('-', ':')}Z`);
        return Number.isNaN(atMs) ? [] : [{ each, atMs }];
      })
      .sort((a, b) => b.atMs - a.atMs);
    const oldest = maxAgeMs === 0 ? -Infinity : clock.now() - maxAgeMs;
    const surplus = backups.filter(({ atMs }, index) => (maxBackups > 0 && index >= maxBackups) || atMs < oldest);
    await Promise.all(surplus.map(({ each }) => rm(path.join(dir, each), { force: true })));
  }
}

const openFile = (file: string): Promise<FileHandle> => open(file, 'a', 0o600);
