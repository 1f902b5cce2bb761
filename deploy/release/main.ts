/**
 * `make dist`: a release of this checkout as one tarball with its checksum, for machines like this one. `--time` is the
 * time its files get; `--sign-with` a private Ed25519 key in PEM, which signs the checksums; `--deb` makes a Debian package
 * of it too.
 */
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import yargs from 'yargs';
import { packDebian } from './debian-package';
import { packRelease, sha256Of } from './pack';
import type { ReleaseFile } from './release-files';
import { releaseFiles } from './release-files';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', arm: 'armhf' };

async function main(): Promise<void> {
  const checkout = path.resolve(__dirname, '..', '..', '..');
  const flags = yargs(process.argv.slice(2))
    .option('out', { type: 'string', default: path.join(checkout, 'dist', 'release') })
    .option('time', { type: 'number', default: 0 })
    .option('sign-with', { type: 'string' })
    .option('deb', { type: 'boolean', default: false })
    .strict()
    .parseSync();
  const { version } = JSON.parse(readFileSync(path.join(checkout, 'package.json'), 'utf8')) as { version: string };
  const architecture = ARCHITECTURES[os.arch()] ?? os.arch();
  const folder = `pinsetter-${version}-linux-${architecture}`;
  const name = `${folder}.tar.gz`;
  const to = path.join(flags.out, name);
  mkdirSync(flags.out, { recursive: true });
  const unidentified = releaseFiles(checkout);
  const files = [...unidentified, await identified(unidentified, { version, out: flags.out })];
  await packRelease(files, { folder, to, timeSeconds: flags.time });
  const sums = `${await sha256Of(to)}  ${name}\n`;
  writeFileSync(path.join(flags.out, 'SHA256SUMS'), sums);
  if (flags.signWith !== undefined) {
    const signature = sign(null, Buffer.from(sums), createPrivateKey(readFileSync(flags.signWith)));
    writeFileSync(path.join(flags.out, 'SHA256SUMS.sig'), `${signature.toString('base64')}\n`);
  }
  process.stdout.write(`${to}\n`);
  if (!flags.deb) return;
  const common = { version, architecture, out: flags.out, timeSeconds: flags.time };
  process.stdout.write(`${await packDebian(files, common)}\n`);
}

/** The file `RELEASE`: the version, and what tells this build of it from others. */
async function identified(
  files: readonly ReleaseFile[],
  { version, out }: { readonly version: string; readonly out: string },
): Promise<ReleaseFile> {
  const hash = createHash('sha256');
  for (const { from, to, executable } of files)
    hash.update(`${await sha256Of(from)} ${executable ? 'x' : '-'} ${to}\n`);
  const from = path.join(out, 'RELEASE');
  writeFileSync(from, `${version}-${hash.digest('hex').slice(0, 12)}\n`);
  return { from, to: 'RELEASE', executable: false };
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
