import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from './environment';
import { findProgram } from './programs';

const PREFIX = 'kubectl-';

/** A program that stands for the first words of a command line, and the words that are left for it. */
export interface Plugin {
  readonly file: string;
  readonly args: readonly string[];
}

/** The plugin for a command that is none of ours: `kubectl-a-b` before `kubectl-a` for the words `a b`. */
export function pluginFor(argv: readonly string[], environment: Environment): Plugin | undefined {
  const end = argv.findIndex((word) => word.startsWith('-'));
  const words = end < 0 ? argv : argv.slice(0, end);
  for (let count = words.length; count > 0; count--) {
    const name = words.slice(0, count).map((word) => word.replaceAll('-', '_'));
    const file = name.some((word) => word.includes(path.sep))
      ? undefined
      : findProgram(environment, [`${PREFIX}${name.join('-')}`]);
    if (file !== undefined) return { file, args: argv.slice(count) };
  }
  return undefined;
}

/** Hands the terminal over to a plugin. Resolves with its exit code. */
export async function runPlugin({ file, args }: Plugin, { cwd, variables }: Environment): Promise<number> {
  const child = spawn(file, [...args], { cwd, env: variables, stdio: 'inherit' });
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}

/** All plugins on PATH, in its order. */
export const pluginsOnPath = ({ variables }: Environment): readonly string[] =>
  (variables.PATH ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .flatMap((folder) =>
      namesIn(folder)
        .filter((name) => name.startsWith(PREFIX) && name !== 'kubectl-lite')
        .map((name) => path.join(folder, name)),
    )
    .filter(isProgram);

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // PATH names folders that are not there.
    return [];
  }
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
