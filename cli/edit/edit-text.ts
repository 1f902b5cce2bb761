import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { UsageError } from '../client/resources';
import type { Environment } from '../environment';

/**
 * Lets the person change a text in the editor that KUBE_EDITOR or EDITOR names (vi without either) and returns it. The
 * editor is started without a shell; its variable may hold arguments. Throws UsageError where it fails.
 */
export async function editText(environment: Environment, text: string, purpose: string): Promise<string> {
  const [program = 'vi', ...args] = editorOf(environment);
  const folder = mkdtempSync(path.join(tmpdir(), `kubectl-lite-${purpose}-`));
  const file = path.join(folder, 'object.yaml');
  try {
    // What is edited may be a Secret.
    writeFileSync(file, text, { mode: 0o600 });
    const editor = spawn(program, [...args, file], { stdio: 'inherit', env: environment.variables });
    const [code] = (await once(editor, 'close').catch((cause: unknown) => {
      throw new UsageError(
        `the editor "${program}" cannot be started (${cause instanceof Error ? cause.message : String(cause)}): set KUBE_EDITOR to one that is there`,
      );
    })) as [number | null];
    if (code !== 0)
      throw new UsageError(
        `there was a problem with the editor "${[program, ...args].join(' ')}": it exited ${code ?? 'by a signal'}`,
      );
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The words of the variable, of which quotes hold some together. */
function editorOf({ variables }: Environment): readonly string[] {
  const given =
    [variables.KUBE_EDITOR, variables.EDITOR].find((each) => each !== undefined && each.trim() !== '') ?? 'vi';
  return [...given.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}
