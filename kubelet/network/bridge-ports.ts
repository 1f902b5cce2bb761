import { readFile, readdir } from 'node:fs/promises';
import { ProgramError, runProgram } from './run-program';

/** Settings of a bridge's ports, as the kernel's files name them and as the program does. */
const OPTIONS = { hairpin_mode: 'hairpin', isolated: 'isolated' } as const;

/**
 * Switches a setting on for each port of a bridge that has it off. By the program, not by the kernel's files: those cannot
 * be written where /sys is mounted to be read only, as in most containers.
 */
export async function setBridgePorts(bridge: string, setting: keyof typeof OPTIONS): Promise<void> {
  const folder = `/sys/class/net/${bridge}/brif`;
  const ports = await readdir(folder).catch((): string[] => []);
  const states = await Promise.all(
    ports.map((port) => readFile(`${folder}/${port}/${setting}`, 'utf8').catch(() => '1')),
  );
  const off = ports.filter((_port, index) => states[index]?.trim() !== '1');
  if (off.length === 0) return;
  const lines = off.map((port) => `link set dev ${port} ${OPTIONS[setting]} on\n`);
  // A port may have gone meanwhile, with its pod; the others are set all the same.
  await runProgram('bridge', ['-force', '-batch', '-'], lines.join('')).catch((error: unknown) => {
    if (!(error instanceof ProgramError)) throw error;
  });
}
