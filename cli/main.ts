#!/usr/bin/env node
/** kubectl-lite as a program: arguments, environment and signals are read here and nowhere else. */
import os from 'node:os';
import path from 'node:path';
import type { Environment } from './environment';
import { runProgram } from './program';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // A second one ends the program at once.
  process.once(signal, () => interrupted.abort(new Error('interrupted')));
}
// Whoever reads our output may stop reading (head, less).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const environment: Environment = {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  variables: process.env,
  cwd: process.cwd(),
  home: os.homedir(),
  checkout: path.resolve(__dirname, '..', '..'),
  signal: interrupted.signal,
};

runProgram(process.argv.slice(2), environment).then(
  (code) => {
    process.exitCode = code;
    // An open stdin would keep the program alive.
    process.stdin.destroy();
  },
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  },
);
