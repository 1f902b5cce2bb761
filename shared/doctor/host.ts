/** The machine as the doctor looks at it. Nothing of it throws: what cannot be found out is undefined. */
export interface DoctorHost {
  read(file: string): Promise<string | undefined>;
  /** Whether there is such a file or folder. */
  has(file: string): Promise<boolean>;
  /** A program's outcome; undefined where it is not installed. */
  run(
    program: string,
    args: readonly string[],
  ): Promise<{ readonly status: number; readonly stdout: string } | undefined>;
  /** The engine's answer to GET /version, or why there is none, as an error code (ENOENT, EACCES, ECONNREFUSED). */
  engineVersion(
    socket: string,
  ): Promise<{ readonly version: string; readonly apiVersion: string } | { readonly error: string }>;
  /** What a server says of itself without being trusted for it, or why it does not. */
  askServer(url: string): Promise<{ readonly nowMs: number | undefined } | { readonly error: string }>;
  /** Whether the address and port can be listened on, as an error code where not. */
  tryListen(address: string, port: number): Promise<string | undefined>;
  /** Of the file system that the folder is in or will be in. */
  disk(folder: string): Promise<{ readonly freeBytes: number; readonly totalBytes: number } | undefined>;
  /** Milliseconds that a small durable write takes there, the median of some. */
  fsyncMs(folder: string): Promise<number | undefined>;
  nowMs(): number;
}
