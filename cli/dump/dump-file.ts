import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Context } from '../commands/command';

/** Where the parts of a dump go: each a file below a folder, or one after the other to the output. */
export type DumpWriter = (name: string, text: string) => Promise<void>;

export function createDumpWriter(context: Context, folder: string | undefined): DumpWriter {
  if (folder === undefined || folder === '-') {
    return (_name, text) => {
      context.out(text);
      return Promise.resolve();
    };
  }
  const root = path.resolve(context.environment.cwd, folder);
  return async (name, text) => {
    const file = path.join(root, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  };
}
