import { PassThrough } from 'node:stream';
import type { ExecOptions, Session } from '../runtime';
import type { FakeContainer } from './fake-engine';
import type { FakeCommand } from './fake-program';

/** Stdio of a command that runs inside a container. */
export function execSession(command: FakeCommand, options: ExecOptions): Session {
  const stdin = new PassThrough();
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  if (!options.stdin) stdin.end();
  const run = async (): Promise<number> => {
    const exitCode = await command({
      command: options.command,
      tty: options.tty,
      stdin,
      write: (text) => void stdout.write(text),
      writeError: (text) => void (options.tty ? stdout : stderr).write(text),
    });
    stdout.end();
    stderr.end();
    return exitCode;
  };
  return {
    ...(options.stdin ? { stdin } : {}),
    stdout,
    stderr,
    resize: () => Promise.resolve(),
    exitCode: run(),
    close: () => void stdin.end(),
  };
}

/** Stdio of the container itself, from now on. */
export function attachSession(container: FakeContainer, options: { readonly stdin: boolean }): Session {
  const { stdout, stderr, close } = container.log.read({ follow: true, timestamps: false, tailLines: 0 });
  const exitCode = new Promise<number>((resolve) => container.onEnd.push(() => resolve(exitCodeOf(container))));
  const stdin = options.stdin ? { stdin: new PassThrough() } : {};
  return { ...stdin, stdout, stderr, resize: () => Promise.resolve(), exitCode, close };
}

const exitCodeOf = ({ observed }: FakeContainer): number =>
  observed.state.phase === 'exited' ? observed.state.exitCode : 137;
