import type { Readable } from 'node:stream';
import type { ContainerId, Runtime } from '../runtime/runtime';
import type { CheckResult } from './http-check';

// k8s.io/kubernetes/pkg/probe/exec: what a probe's message holds at most.
const MAX_OUTPUT_BYTES = 10 * 1024;

/** Success when the command exits with 0; its output is the message. */
export async function checkExec(
  runtime: Pick<Runtime, 'exec'>,
  target: { readonly id: ContainerId; readonly command: readonly string[] },
  signal: AbortSignal,
): Promise<CheckResult> {
  const session = await runtime.exec(target.id, { command: target.command, stdin: false, tty: false });
  const output: Buffer[] = [];
  collect(session.stdout, output);
  collect(session.stderr, output);
  const timedOut = new Promise<'timedOut'>((resolve) => {
    if (signal.aborted) resolve('timedOut');
    else signal.addEventListener('abort', () => resolve('timedOut'), { once: true });
  });
  try {
    const exitCode = await Promise.race([session.exitCode, timedOut]);
    if (exitCode === 'timedOut') return { ok: false, message: `command timed out: "${target.command.join(' ')}"` };
    return { ok: exitCode === 0, message: Buffer.concat(output).subarray(0, MAX_OUTPUT_BYTES).toString('utf8') };
  } finally {
    session.close();
  }
}

function collect(stream: Readable, into: Buffer[]): void {
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    if (bytes < MAX_OUTPUT_BYTES) into.push(chunk);
    bytes += chunk.length;
  });
  // A stream cut by `close` is no news: the exit code or the timeout decides.
  stream.on('error', () => undefined);
}
