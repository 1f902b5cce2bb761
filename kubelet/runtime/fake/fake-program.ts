import type { Duplex, Readable } from 'node:stream';
import type { ContainerSpec } from '../runtime';

/** What a container of the fake does once started. Without one it runs until it is stopped, and heeds SIGTERM. */
export interface FakeProgram {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Ends by itself, `afterMs` (0) after its start. */
  readonly exits?: { readonly code: number; readonly afterMs?: number; readonly oomKilled?: boolean };
  /** `ignored`: only SIGKILL at the end of the grace ends it. Default 143. */
  readonly onSigterm?: number | 'ignored';
  /** It cannot start; the engine's words. */
  readonly startError?: string;
}

/** Chooses a container's program by its spec. */
export type FakeProgrammer = (spec: ContainerSpec) => FakeProgram;

/** A command run inside a container: writes what it likes and returns its exit code. */
export type FakeCommand = (io: {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: Readable;
  write(text: string): void;
  writeError(text: string): void;
}) => number | Promise<number>;

/** Something that listens on a TCP port of a sandbox. */
export type FakeListener = (connection: Duplex) => void;
