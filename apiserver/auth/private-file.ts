import { chmod, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Replaces a file, by default with one that only its owner may read. Never half written. */
export async function writePrivateFile(file: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  const fresh = path.join(path.dirname(file), `.${path.basename(file)}.new`);
  await writeFile(fresh, content, { mode });
  await chmod(fresh, mode);
  await rename(fresh, file);
}
