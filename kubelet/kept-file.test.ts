import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DamagedFileError, KeptFile } from './kept-file';

const asIs = (document: unknown): unknown => document;
let folder: string;
let file: KeptFile;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'kept-file-'));
  file = new KeptFile(path.join(folder, 'data', 'kept.json'));
});
afterEach(() => rm(folder, { recursive: true }));

it('knows nothing before anything was kept', async () => {
  expect(await file.read(asIs)).toBeUndefined();
});

it('keeps what was asked last, for its owner alone, and nothing beside it', async () => {
  void file.write(() => ({ n: 1 }));
  await file.write(() => ({ n: 2 }));
  expect(await new KeptFile(file.path).read(asIs)).toEqual({ n: 2 });
  expect((await stat(file.path)).mode & 0o777).toBe(0o600);
  expect(await readdir(path.dirname(file.path))).toEqual(['kept.json']);
});

it('writes again after a write that failed', async () => {
  await writeFile(path.join(folder, 'data'), 'in the way');
  await expect(file.write(() => 1)).rejects.toThrow();
  await rm(path.join(folder, 'data'));
  await file.write(() => 2);
  await file.settled();
  expect(await file.read(asIs)).toBe(2);
});

it('throws on what is damaged', async () => {
  await file.write(() => ({}));
  await writeFile(file.path, '{"cut');
  await expect(file.read(asIs)).rejects.toThrow(DamagedFileError);
  await file.write(() => ({}));
  const refuse = (): never => {
    throw new Error('of another make');
  };
  await expect(file.read(refuse)).rejects.toThrow(DamagedFileError);
});
