import { createInterface } from 'node:readline/promises';
import type { Environment } from './environment';

/** Asks the person a question that only "y" agrees to. The end of the input is no. */
export async function confirm({ stdin, stderr, signal }: Environment, question: string): Promise<boolean> {
  const lines = createInterface({ input: stdin, output: stderr, terminal: false });
  try {
    stderr.write(`${question} (y/N): `);
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = await Promise.race([lines.question('', { signal }), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
