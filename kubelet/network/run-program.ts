import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** A program of the host that could not do as it was told; the message is its own. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError';
}

/** As `runProgram`, perhaps elsewhere. */
export type RunProgram = (program: string, args: readonly string[], input?: string) => Promise<string>;

/** Runs a program of the host, without a shell, to its end. Throws ProgramError, also where there is no such program. */
export async function runProgram(program: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(new ProgramError(`${program}: ${error.message}`, { cause: error })));
    child.once('close', resolve);
  });
  // One that ends without reading says why on its standard error.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, output, complaint] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new ProgramError(`${program} ${args.join(' ')}: ${complaint.trim().slice(0, 2_000)}`);
  return output;
}
