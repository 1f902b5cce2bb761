import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from './environment';

/** The first of the named programs that PATH has, ourselves left out (a person may call us kubectl). */
export function findProgram({ variables, checkout }: Environment, names: readonly string[]): string | undefined {
  const folders = (variables.PATH ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  return names
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return !isOurs(realpathSync(file), checkout);
      } catch {
        return false;
      }
    });
}

/** The program itself, or the script that starts it. */
const isOurs = (file: string, checkout: string): boolean =>
  file.startsWith(`${path.join(checkout, 'dist')}${path.sep}`) ||
  (file.startsWith(`${checkout}${path.sep}`) && path.basename(file) === 'kubectl-lite');

/** Runs a program without a shell and gathers what it prints. */
export async function runProgramToEnd(
  program: string,
  args: readonly string[],
  environment: Environment,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(program, args, {
    cwd: environment.cwd,
    env: environment.variables,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: code ?? 1, stdout: Buffer.concat(out).toString('utf8'), stderr: Buffer.concat(err).toString('utf8') };
}
