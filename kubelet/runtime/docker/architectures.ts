import { readdir } from 'node:fs/promises';

/** Kubernetes names architectures as Go does, the engine and the kernel's emulators as the kernel does. */
const GO_NAMES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  i386: '386',
  i686: '386',
  armv7l: 'arm',
  mips64el: 'mips64le',
};

export const goArchitectureOf = (kernels: string): string => GO_NAMES[kernels] ?? kernels;

/** What a processor runs beside its own. */
const ALSO: Readonly<Record<string, readonly string[]>> = { amd64: ['386'], arm64: ['arm'] };

/** Where the kernel lists its emulators, as `qemu-aarch64`. */
const EMULATORS = '/proc/sys/fs/binfmt_misc';

/** Architectures whose programs run on a machine of this one. */
export async function runnableOn(architecture: string, folder = EMULATORS): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const emulated = names.flatMap((name) => (name.startsWith('qemu-') ? [goArchitectureOf(name.slice(5))] : []));
  return [...new Set([architecture, ...(ALSO[architecture] ?? []), ...emulated])];
}
