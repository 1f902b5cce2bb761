import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from './volumes/volume-error';

/** The file is there and cannot be understood; the cause says why. */
export class DamagedFileError extends Error {
  override readonly name = 'DamagedFileError';
}

/**
 * A JSON document in the data folder that is there whole or not at all, for the owner's eyes only. Writes are done in the order
 * in which they are asked for; one that fails does not keep the next from being tried.
 */
export class KeptFile {
  private writing: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {}

  /** What `parse` makes of the document; undefined where there is no file. Throws DamagedFileError, also where `parse` throws. */
  async read<T>(parse: (document: unknown) => T): Promise<T | undefined> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    try {
      return parse(JSON.parse(text));
    } catch (cause) {
      throw new DamagedFileError(`${this.path} cannot be understood`, { cause });
    }
  }

  /** Resolves when it is in its place; the document is asked for when its turn has come. */
  write(document: () => unknown): Promise<void> {
    const done = this.writing.then(async () => {
      await mkdir(path.dirname(this.path), { recursive: true, mode: 0o700 });
      const fresh = `${this.path}.new`;
      await writeFile(fresh, JSON.stringify(document()), { mode: 0o600 });
      await rename(fresh, this.path);
    });
    this.writing = done.catch(() => undefined);
    return done;
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.writing;
  }
}
