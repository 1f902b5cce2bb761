import path from 'node:path';
import type { Environment } from './environment';
import { ManifestError } from './manifests';
import { findProgram, runProgramToEnd } from './programs';

/**
 * What a folder with a kustomization builds to, by the program of that name or the real kubectl. `options`: flags for it.
 * Throws ManifestError.
 */
export async function buildKustomization(
  folder: string,
  environment: Environment,
  options: readonly string[] = [],
): Promise<string> {
  const program = findProgram(environment, ['kustomize', 'kubectl']);
  if (program === undefined)
    throw new ManifestError(
      `${folder}: building a kustomization takes the program "kustomize" (or the real kubectl), and PATH has neither: install one of them`,
    );
  const verb = path.basename(program) === 'kustomize' ? 'build' : 'kustomize';
  const { code, stdout, stderr } = await runProgramToEnd(program, [verb, folder, ...options], environment);
  if (code !== 0) throw new ManifestError(`${folder}: ${problemOf(stderr.trim())}`);
  return stdout;
}

/** kubectl logs what went wrong as a quoted value. */
function problemOf(text: string): string {
  const quoted = /"command failed" err=("(?:[^"\\]|\\.)*")$/.exec(text)?.[1];
  return quoted === undefined ? text.replace(/^error: /i, '') : (JSON.parse(quoted) as string);
}
