import { run } from '../harness/programs';

/** What the program prints. Throws with all that it said where it fails. */
export async function must(
  program: string,
  args: readonly string[],
  options: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<string> {
  const { status, stdout, stderr } = await run(program, args, options);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} exited ${status}:\n${stdout}${stderr}`);
  return stdout;
}
