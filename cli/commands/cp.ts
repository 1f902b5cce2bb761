import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import { runCommand } from '../client/command-stream';
import { UsageError } from '../client/resources';
import type { Command, Context, Flags } from './command';
import { text } from './command';

interface Remote {
  readonly namespace: string;
  readonly pod: string;
  readonly path: string;
}

export const cp: Command = {
  name: 'cp',
  usage: 'cp <from> <to>',
  describe: 'copy files and folders to and from a container, which needs tar',
  build: (yargs) =>
    yargs
      .option('container', { alias: 'c', type: 'string', describe: 'of several' })
      .option('no-preserve', { type: 'boolean', hidden: true })
      .option('retries', { type: 'number', default: 0, hidden: true }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const [from, to] = [text(flags, 'from') ?? '', text(flags, 'to') ?? ''];
  const [source, target] = [parseRemote(from, context.namespace), parseRemote(to, context.namespace)];
  if (source !== undefined && target === undefined) return download(context, flags, source, to);
  if (source === undefined && target !== undefined) return upload(context, flags, from, target);
  throw new UsageError('one of the two must be POD:PATH (or NAMESPACE/POD:PATH), the other a path here');
}

/** `pod:path` or `namespace/pod:path`; undefined for a path here. */
export function parseRemote(given: string, namespace: string): Remote | undefined {
  const match = /^(?:([a-z0-9-]+)\/)?([a-z0-9][a-z0-9.-]*):(.+)$/.exec(given);
  if (match === null) return undefined;
  return { namespace: match[1] ?? namespace, pod: match[2] ?? '', path: match[3] ?? '' };
}

async function upload(context: Context, flags: Flags, from: string, target: Remote): Promise<number | void> {
  const local = path.resolve(context.environment.cwd, from);
  const intoFolder = target.path.endsWith('/') || (await isRemoteFolder(context, flags, target));
  const folder = intoFolder ? target.path : path.posix.dirname(target.path);
  const name = intoFolder ? path.basename(local) : path.posix.basename(target.path);
  const archive = pack();
  const packing = addToArchive(archive, local, name).then(() => archive.finalize());
  const errors = collector();
  const input = new PassThrough();
  const feeding = pipeline(archive, input).catch(() => undefined);
  const [code] = await Promise.all([
    runCommand(context.client(), {
      ...of(target, flags),
      type: 'exec',
      command: ['tar', '-xmf', '-', '-C', folder],
      tty: false,
      stdin: input,
      stdout: new PassThrough().resume(),
      stderr: errors.stream,
    }),
    packing,
    feeding,
  ]);
  if (code !== 0) throw new UsageError(`tar in the container ended with ${code}: ${errors.text().trim()}`);
}

async function download(context: Context, flags: Flags, source: Remote, to: string): Promise<number | void> {
  const base = path.posix.basename(source.path);
  const local = path.resolve(context.environment.cwd, to);
  const intoFolder =
    to.endsWith('/') ||
    (await lstat(local).then(
      (found) => found.isDirectory(),
      () => false,
    ));
  const root = intoFolder ? path.join(local, base) : local;
  const errors = collector();
  const output = new PassThrough();
  const unpacking = unpack(output, base, root);
  const code = await runCommand(context.client(), {
    ...of(source, flags),
    type: 'exec',
    command: ['tar', 'cf', '-', '-C', path.posix.dirname(source.path), base],
    tty: false,
    stdout: output,
    stderr: errors.stream,
  });
  output.end();
  if (code !== 0) throw new UsageError(`tar in the container ended with ${code}: ${errors.text().trim()}`);
  await unpacking;
}

const of = ({ namespace, pod }: Remote, flags: Flags) => ({ namespace, pod, container: text(flags, 'container') });

async function isRemoteFolder(context: Context, flags: Flags, target: Remote): Promise<boolean> {
  const nowhere = (): PassThrough => new PassThrough().resume();
  const code = await runCommand(context.client(), {
    ...of(target, flags),
    type: 'exec',
    command: ['test', '-d', target.path],
    tty: false,
    stdout: nowhere(),
    stderr: nowhere(),
  });
  return code === 0;
}

async function addToArchive(archive: ReturnType<typeof pack>, local: string, name: string): Promise<void> {
  const found = await lstat(local);
  if (found.isDirectory()) {
    archive.entry({ name: `${name}/`, type: 'directory', mode: found.mode & 0o7777 });
    for (const child of await readdir(local)) await addToArchive(archive, path.join(local, child), `${name}/${child}`);
  } else if (found.isFile()) {
    const entry = archive.entry({ name, size: found.size, mode: found.mode & 0o7777 });
    await pipeline(createReadStream(local), entry);
  }
}

/** What lies below `base` in the archive goes below `root`; an entry that would climb out of it is refused. */
async function unpack(archive: PassThrough, base: string, root: string): Promise<void> {
  const reader = extract();
  void pipeline(archive, reader).catch(() => undefined);
  for await (const entry of reader) {
    const { name, type, mode, linkname } = entry.header;
    const relative = path.posix.normalize(name).replace(/^\.\//, '').replace(/\/$/, '');
    const inside =
      relative === base ? '' : relative.startsWith(`${base}/`) ? relative.slice(base.length + 1) : undefined;
    if (inside === undefined || inside.split('/').includes('..'))
      throw new UsageError(`the container sent ${name}, which lies outside of what was asked for`);
    const place = inside === '' ? root : path.join(root, inside);
    if (type === 'directory') {
      await mkdir(place, { recursive: true });
      entry.resume();
    } else if (
      type === 'symlink' &&
      linkname !== undefined &&
      linkname !== null &&
      !path.isAbsolute(linkname) &&
      !linkname.split('/').includes('..')
    ) {
      await symlink(linkname, place);
      entry.resume();
    } else if (type === 'file') {
      await mkdir(path.dirname(place), { recursive: true });
      await pipeline(entry, createWriteStream(place, { mode: mode ?? 0o644 }));
    } else entry.resume();
  }
}

function collector(): { readonly stream: PassThrough; readonly text: () => string } {
  const stream = new PassThrough();
  let collected = '';
  stream.on('data', (chunk: Buffer) => (collected += chunk.toString('utf8')));
  return { stream, text: () => collected };
}
