import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ReleaseFile } from './release-files';

/**
 * Writes the files below `folder/` into a gzipped tar. The same files make the same bytes: nothing of the machine, the
 * owner or the hour goes in.
 */
export async function packRelease(
  files: readonly ReleaseFile[],
  { folder, to, timeSeconds }: { readonly folder: string; readonly to: string; readonly timeSeconds: number },
): Promise<void> {
  const tar = pack();
  const written = pipeline(tar, createGzip({ level: 6 }), createWriteStream(to));
  const common = { mtime: new Date(timeSeconds * 1_000), uid: 0, gid: 0, uname: 'root', gname: 'root' };
  const add = async (): Promise<void> => {
    for (const each of foldersOf(folder, files)) {
      await entry((done) => tar.entry({ ...common, name: `${each}/`, type: 'directory', mode: 0o755 }, done));
    }
    for (const { from, to: name, executable } of files) {
      const header = {
        ...common,
        name: `${folder}/${name}`,
        size: statSync(from).size,
        mode: executable ? 0o755 : 0o644,
      };
      await entry((done) => {
        const sink = tar.entry(header, done);
        createReadStream(from)
          .on('error', (error) => sink.destroy(error))
          .pipe(sink);
      });
    }
    tar.finalize();
  };
  await Promise.all([written, add()]);
}

export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

const entry = (begin: (done: (error?: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => begin((error) => (error ? reject(error) : resolve())));

function foldersOf(root: string, files: readonly ReleaseFile[]): readonly string[] {
  const folders = new Set([root]);
  for (const { to } of files) {
    const parts = to.split('/').slice(0, -1);
    parts.forEach((_part, index) => folders.add([root, ...parts.slice(0, index + 1)].join('/')));
  }
  return [...folders].sort();
}
