import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { command } from '../../deploy/local-cluster/command';
import { CHECKOUT } from '../harness/programs';

export const MACHINE_IMAGE = 'pinsetter-test/machine:bookworm-1';
/** What a machine has before Pinsetter comes: systemd, a Docker engine, Node; and what a test looks at it with. */
const PACKAGES = [
  ...['ca-certificates', 'docker.io', 'iptables', 'nftables', 'iproute2', 'kmod', 'procps'],
  ...['systemd-sysv', 'dbus', 'busybox-static', 'libstdc++6'],
];
/** Cgroups come in read-only; the first process makes them its own before it becomes init. */
const INIT = `#!/bin/sh
for each in /sys /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$each"; done
exec /lib/systemd/systemd
`;

/** A clean Debian machine as an image, from Debian's own packages, made once for a checkout. */
export async function ensureMachineImage(): Promise<string> {
  if ((await command('docker', ['image', 'inspect', MACHINE_IMAGE])).status === 0) return MACHINE_IMAGE;
  const root = await ensureRoot(path.join(CHECKOUT, 'node_modules', '.cache', 'debian-machine'));
  const tar = `tar -C "${root}" -c --exclude=./var/cache/apt/archives/*.deb --exclude=./var/lib/apt/lists/* .`;
  const changes = ['LABEL io.pinsetter.test=machine', 'CMD ["/sbin/machine-init"]'].map((each) => `-c '${each}'`);
  await must('sh', ['-c', `${tar} | docker import ${changes.join(' ')} - ${MACHINE_IMAGE}`]);
  return MACHINE_IMAGE;
}

async function ensureRoot(root: string): Promise<string> {
  if (existsSync(root)) return root;
  const fresh = `${root}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(path.dirname(root), { recursive: true });
  await must('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, 'bookworm', fresh]);
  await mkdir(path.join(fresh, 'usr/local/bin'), { recursive: true });
  await copyFile(process.execPath, path.join(fresh, 'usr/local/bin/node'));
  await chmod(path.join(fresh, 'usr/local/bin/node'), 0o755);
  writeFileSync(path.join(fresh, 'sbin/machine-init'), INIT, { mode: 0o755 });
  renameSync(fresh, root);
  return root;
}

async function must(program: string, args: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await command(program, args, { timeoutMs: 600_000 });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} exited ${status}:\n${stdout}${stderr}`);
}
