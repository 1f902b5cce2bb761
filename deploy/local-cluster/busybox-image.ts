import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { command } from './command';
import type { Progress } from './progress';

const BINARY = '/bin/busybox';
const PULL_TIMEOUT_MS = 30_000;

/** Makes sure that an image of this name is on the engine: there already, pulled, or made of the machine's own static busybox. */
export async function ensureBusyboxImage(image: string, progress: Progress): Promise<void> {
  const done = progress.step(`image ${image}`);
  const present = await command('docker', ['image', 'inspect', '--format', '{{.Id}}', image]);
  if (present.status === 0) return done('present');
  const pulled = await command('docker', ['pull', '--quiet', image], { timeoutMs: PULL_TIMEOUT_MS });
  if (pulled.status === 0) return done('pulled');
  await makeBusyboxImage(image);
  done(`no registry answers, made from ${BINARY}`);
}

/** Imports a root file system of busybox and its applets as an image. */
export async function makeBusyboxImage(image: string): Promise<void> {
  const applets = (await command(BINARY, ['--list'])).stdout.split('\n').filter((name) => name !== '');
  if (applets.length === 0) throw new Error(`${BINARY} is not there: apt-get install busybox-static`);
  const { status, stderr } = await command(
    'docker',
    ['import', '--change', 'CMD ["sh"]', '--change', 'ENV PATH=/bin', '-', image],
    {
      input: rootFileSystem(applets),
    },
  );
  if (status !== 0) throw new Error(`docker import of ${image} failed: ${stderr.trim()}`);
}

function rootFileSystem(applets: readonly string[]): Readable {
  const tar = pack();
  for (const [name, mode] of [
    ['bin', 0o755],
    ['dev', 0o755],
    ['etc', 0o755],
    ['proc', 0o555],
    ['root', 0o700],
    ['sys', 0o555],
    ['tmp', 0o1777],
    ['var', 0o755],
    ['www', 0o755],
  ] as const) {
    tar.entry({ name: `${name}/`, type: 'directory', mode });
  }
  tar.entry({ name: 'bin/busybox', mode: 0o755 }, readFileSync(BINARY));
  // A link named busybox would replace the binary itself.
  for (const applet of applets.filter((name) => name !== 'busybox')) {
    tar.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' });
  }
  tar.entry({ name: 'etc/passwd' }, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n');
  tar.entry({ name: 'etc/group' }, 'root:x:0:\nnogroup:x:65534:\n');
  tar.finalize();
  return Readable.from(tar);
}
