import { chmod, copyFile, mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { command } from '../local-cluster/command';
import type { ReleaseFile } from './release-files';

/** Where the package puts the unpacked release. The installer in it sets this machine up from there. */
const HOME = 'usr/share/pinsetter';

/** What Debian is told when the package comes and goes: what runs follows it, data stays until a purge. */
const SCRIPTS: Readonly<Record<string, string>> = {
  postinst: `if [ "$1" = configure ] && [ -L /opt/pinsetter/current ]; then /${HOME}/install.sh upgrade; fi
if [ "$1" = configure ] && [ ! -L /opt/pinsetter/current ]; then
  echo "Next: 'pinsetter server' makes this machine a control plane, the line that a server prints makes it a worker."
fi`,
  prerm: `if [ "$1" = remove ] && [ -L /opt/pinsetter/current ]; then /${HOME}/install.sh uninstall; fi`,
};

export interface DebianPackage {
  readonly version: string;
  /** Debian's name of it: amd64, arm64. */
  readonly architecture: string;
  /** The folder to write it to, where it is staged too. */
  readonly out: string;
  readonly timeSeconds: number;
}

/** Writes `pinsetter_VERSION_ARCH.deb` by dpkg-deb and returns its path. The same files make the same bytes. */
export async function packDebian(
  files: readonly ReleaseFile[],
  { version, architecture, out, timeSeconds }: DebianPackage,
): Promise<string> {
  const stage = path.join(out, `debian-${process.pid}`);
  const put = async (name: string, text: string, mode: number): Promise<void> => {
    const file = path.join(stage, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
    await chmod(file, mode);
  };
  try {
    for (const { from, to, executable } of files) {
      const file = path.join(stage, HOME, to);
      await mkdir(path.dirname(file), { recursive: true });
      await copyFile(from, file);
      await chmod(file, executable ? 0o755 : 0o644);
      await utimes(file, timeSeconds, timeSeconds);
    }
    await put('usr/sbin/pinsetter', `#!/bin/sh\nexec /${HOME}/install.sh "$@"\n`, 0o755);
    await put('DEBIAN/control', control(version, architecture), 0o644);
    for (const [name, script] of Object.entries(SCRIPTS))
      await put(`DEBIAN/${name}`, `#!/bin/sh\nset -e\n${script}\n`, 0o755);
    const to = path.join(out, `pinsetter_${version}_${architecture}.deb`);
    const { status, stderr } = await command(
      'env',
      [`SOURCE_DATE_EPOCH=${timeSeconds}`, 'dpkg-deb', '--root-owner-group', '--build', '-Zxz', '-z1', stage, to],
      { timeoutMs: 300_000 },
    );
    if (status !== 0) throw new Error(`dpkg-deb failed: ${stderr}`);
    return to;
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

/** Node and Docker come in packages of many names, or in none: the installer looks for the programs themselves. */
const control = (version: string, architecture: string): string => `Package: pinsetter
Version: ${version}
Architecture: ${architecture}
Maintainer: The Pinsetter authors <pinsetter@localhost>
Section: admin
Priority: optional
Depends: libc6, libstdc++6
Recommends: docker.io | docker-ce, nftables, iproute2
Description: The Kubernetes API on machines that have nothing but Docker and Node
 Brings the server, the agent and kubectl-lite. The command pinsetter makes this
 machine a control plane or a worker. Needs Node.js 20.19 or later on the PATH.
`;
