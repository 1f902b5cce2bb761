import type { DoctorHost } from '../host';

/** A machine that has nothing wrong with it, but for what the test says. */
export const aDoctorHost = (traits: {
  readonly files?: Readonly<Record<string, string>>;
  /** Output of programs by their command line, beside nft, ip and nsenter; others, and those of undefined, are not installed. */
  readonly programs?: Readonly<Record<string, string | undefined>>;
  readonly host?: Partial<DoctorHost>;
}): DoctorHost => ({
  read: (file) => Promise.resolve(traits.files?.[file]),
  has: (file) => Promise.resolve(traits.files?.[file] !== undefined),
  run: (program, args) => {
    const installed = { 'nft list tables': '', 'ip -V': '', 'nsenter --version': '' };
    const stdout: string | undefined = { ...installed, ...traits.programs }[[program, ...args].join(' ')];
    return Promise.resolve(stdout === undefined ? undefined : { status: 0, stdout });
  },
  engineVersion: () => Promise.resolve({ version: '27.1', apiVersion: '1.46' }),
  askServer: () => Promise.resolve({ nowMs: 0 }),
  tryListen: () => Promise.resolve(undefined),
  disk: () => Promise.resolve({ freeBytes: 50 * 1024 ** 3, totalBytes: 100 * 1024 ** 3 }),
  fsyncMs: () => Promise.resolve(1),
  nowMs: () => 0,
  ...traits.host,
});
