import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Context } from '../commands/command';
import { runProgramToEnd } from '../programs';

export interface Side {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Shows both sides of all objects by the program that KUBECTL_EXTERNAL_DIFF names. Returns its exit code. */
export async function externalDiff(context: Context, command: string, sides: readonly Side[]): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kubectl-lite-diff-'));
  try {
    const [live, merged] = ['LIVE', 'MERGED'].map((name) => path.join(folder, name));
    for (const [into, which] of [[live, 'before'] as const, [merged, 'after'] as const]) {
      mkdirSync(into ?? '', { mode: 0o700 });
      for (const side of sides)
        if (side[which] !== '') writeFileSync(path.join(into ?? '', side.file), side[which], { mode: 0o600 });
    }
    const [program = 'diff', ...args] = command.trim().split(/\s+/);
    const ended = await runProgramToEnd(program, [...args, live ?? '', merged ?? ''], context.environment);
    context.out(ended.stdout);
    context.note(ended.stderr);
    return ended.code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
