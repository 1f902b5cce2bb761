import { AMD64_CODE } from './sandbox-program-amd64';
import { ARM64_CODE } from './sandbox-program-arm64';

export type SandboxArchitecture = 'amd64' | 'arm64';

/** ELF machine numbers (e_machine of the System V ABI). */
const MACHINES: Readonly<Record<SandboxArchitecture, { readonly machine: number; readonly code: readonly string[] }>> =
  {
    amd64: { machine: 62, code: AMD64_CODE },
    arm64: { machine: 183, code: ARM64_CODE },
  };

const BASE = 0x400000n;
const HEADERS_BYTES = 64 + 56;
/** Covers 64 KiB pages, which some arm64 kernels use. */
const ALIGNMENT = 0x10000n;

/**
 * The program of every sandbox: a static executable of some hundred bytes, without libc, made here so that no image has
 * to be fetched or built.
 *
 * Without arguments it is a pod's init. It blocks every signal and then waits for them one by one (rt_sigtimedwait):
 * SIGCHLD reaps all children that ended (wait4 with WNOHANG until none is left), SIGTERM and SIGINT end it with 0.
 * A blocked signal is queued even for PID 1, which would otherwise never see one that has no handler.
 *
 * With `connect PORT` it opens a TCP connection to 127.0.0.1:PORT. Refused: it exits with 1 and writes nothing.
 * Connected: it writes one byte, 2, and then copies both ways, a process each: stdin to the connection until its end,
 * which closes that half; the connection to stdout until its end, with which all ends.
 */
export function sandboxProgram(architecture: SandboxArchitecture): Buffer {
  const { machine, code: lines } = MACHINES[architecture];
  const code = Buffer.from(lines.join(''), 'hex');
  const size = BigInt(HEADERS_BYTES + code.length);
  const header = Buffer.alloc(HEADERS_BYTES);
  // e_ident: 64 bits, little-endian, version 1.
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // ET_EXEC
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BASE + BigInt(HEADERS_BYTES), 24); // entry
  header.writeBigUInt64LE(64n, 32); // program headers
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  // One segment: the whole file, readable and executable.
  header.writeUInt32LE(1, 64); // PT_LOAD
  header.writeUInt32LE(5, 68);
  header.writeBigUInt64LE(BASE, 80);
  header.writeBigUInt64LE(BASE, 88);
  header.writeBigUInt64LE(size, 96);
  header.writeBigUInt64LE(size, 104);
  header.writeBigUInt64LE(ALIGNMENT, 112);
  return Buffer.concat([header, code]);
}
