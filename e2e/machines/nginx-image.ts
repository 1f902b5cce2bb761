import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { copyFile, mkdir, readdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { command } from '../../deploy/local-cluster/command';
import { CHECKOUT } from '../harness/programs';

export const NGINX_IMAGE = 'pinsetter-test/nginx:2';
const PACKAGES = ['nginx', 'nginx-common', 'libnginx-mod-stream'];
const FILES: Readonly<Record<string, string>> = {
  // Its workers are nobody unless they are told otherwise.
  'etc/passwd': 'root:x:0:0:root:/root:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
};

/** Debian's nginx as a small image: its packages unpacked, and the libraries of this machine that it needs. Made once for a checkout. */
export async function ensureNginxImage(): Promise<string> {
  if ((await command('docker', ['image', 'inspect', NGINX_IMAGE])).status === 0) return NGINX_IMAGE;
  const root = await ensureRoot(path.join(CHECKOUT, 'node_modules', '.cache', 'nginx-root-2'));
  await must('sh', ['-c', `tar -C "${root}" -c . | docker import - ${NGINX_IMAGE}`]);
  return NGINX_IMAGE;
}

async function ensureRoot(root: string): Promise<string> {
  if (existsSync(root)) return root;
  const fresh = `${root}.${process.pid}`;
  const packages = `${fresh}.packages`;
  for (const folder of [fresh, packages]) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }
  const download = ['-c', `cd "${packages}" && apt-get download -qq ${PACKAGES.join(' ')}`];
  // A machine that never asked has no list of packages, and an old list names what is there no more.
  if ((await command('sh', download, { timeoutMs: 600_000 })).status !== 0) {
    await must('apt-get', ['update', '-qq']);
    await must('sh', download);
  }
  for (const file of await readdir(packages)) await must('dpkg-deb', ['-x', path.join(packages, file), fresh]);
  rmSync(packages, { recursive: true });
  const { stdout } = await must('ldd', [path.join(fresh, 'usr/sbin/nginx')]);
  const libraries = stdout.matchAll(/(?:=> )?(\/\S+) \(0x/g);
  for (const [, library = ''] of libraries) {
    await mkdir(path.join(fresh, path.dirname(library)), { recursive: true });
    await copyFile(library, path.join(fresh, library));
  }
  for (const folder of ['proc', 'sys', 'dev', 'run', 'tmp', 'etc', 'var/lib/nginx', 'etc/nginx/modules-enabled'])
    await mkdir(path.join(fresh, folder), { recursive: true });
  await symlink(
    '/usr/share/nginx/modules-available/mod-stream.conf',
    path.join(fresh, 'etc/nginx/modules-enabled/50-mod-stream.conf'),
  );
  for (const [file, content] of Object.entries(FILES)) writeFileSync(path.join(fresh, file), content);
  renameSync(fresh, root);
  return root;
}

async function must(program: string, args: readonly string[]): ReturnType<typeof command> {
  const outcome = await command(program, args, { timeoutMs: 600_000 });
  if (outcome.status !== 0)
    throw new Error(`${program} ${args.join(' ')} exited ${outcome.status}:\n${outcome.stdout}${outcome.stderr}`);
  return outcome;
}
