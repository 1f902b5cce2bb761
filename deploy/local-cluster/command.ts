import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { systemClock } from '../../shared/clock';

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program without a shell and gathers what it prints. A program that is not there is status 127; one that
 * outlasts `timeoutMs` is killed and is status 124. */
export async function command(
  program: string,
  args: readonly string[],
  options: { readonly input?: Readable; readonly timeoutMs?: number } = {},
): Promise<CommandResult> {
  const child = spawn(program, args, { stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  let timedOut = false;
  child.stdout?.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const cancel = systemClock.setTimeout(() => {
    timedOut = true;
    child.kill('SIGKILL');
  }, options.timeoutMs ?? 60_000);
  const exited = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      stderr += error.message;
      resolve(127);
    });
    child.once('close', (code) => resolve(code ?? 1));
  });
  // The program's own exit status tells more than a broken pipe to it.
  if (options.input !== undefined && child.stdin !== null)
    await pipeline(options.input, child.stdin).catch(() => undefined);
  const status = await exited;
  cancel();
  return { status: timedOut ? 124 : status, stdout, stderr };
}
