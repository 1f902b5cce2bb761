import type { Duplex, Writable } from 'node:stream';
import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Clock } from '../../../shared/clock';
import type { ExecOptions, Session } from '../runtime';
import { RuntimeError } from '../runtime';
import type { EngineCalls } from './engine-calls';
import { demux, undivided } from './stdio-demux';

/** The engine knows an exit code shortly after the process's output has ended. */
const EXIT_CODE_PERIOD_MS = 10;
const EXIT_CODE_TIMEOUT_MS = 10_000;

/** Runs a command inside a running container. */
export async function execSession(
  { calls, clock }: { readonly calls: EngineCalls; readonly clock: Clock },
  id: string,
  options: ExecOptions,
): Promise<Session> {
  const execId = await calls.createExec(id, options);
  const socket = await calls.startExec(execId, options.tty);
  const readExitCode = async (): Promise<number> => {
    const deadlineMs = clock.monotonic() + EXIT_CODE_TIMEOUT_MS;
    for (;;) {
      const code = await calls.execExitCode(execId);
      if (code !== null) return code;
      if (clock.monotonic() > deadlineMs) throw new RuntimeError('EngineUnavailable', 'the command was cut off');
      await clock.sleep(EXIT_CODE_PERIOD_MS);
    }
  };
  const resize: Session['resize'] = (size) => calls.resizeExec(execId, size);
  return sessionOn(socket, { tty: options.tty, stdin: options.stdin ? socket : undefined, readExitCode, resize });
}

/** The stdio of the container's own process, from now on. Fails with `NotFound` where that has ended. */
export async function attachSession(
  calls: EngineCalls,
  id: string,
  options: { readonly stdin: boolean; readonly tty: boolean },
): Promise<Session> {
  const socket = await calls.attach(id, options.stdin);
  // Looked at after it was attached to: of one that ended before, the engine would never say anything.
  const container = await calls.inspect(id);
  if (container?.State.Running !== true) {
    socket.destroy();
    throw new RuntimeError('NotFound', `container ${id.slice(0, 12)} is not running`);
  }
  const readExitCode = async (): Promise<number> => {
    const code = await calls.wait(id);
    if (code === undefined) throw new RuntimeError('NotFound', 'the container was removed');
    return code;
  };
  const stdin = container.Config.StdinOnce ? socket : withoutEnd(socket);
  const resize: Session['resize'] = (size) => calls.resize(id, size);
  return sessionOn(socket, { tty: options.tty, stdin: options.stdin ? stdin : undefined, readExitCode, resize });
}

/**
 * Input whose end is kept back: where a container's stdin stays open, the engine takes the end for that of the whole
 * attachment, and drops output that is still on its way.
 */
function withoutEnd(socket: Duplex): Writable {
  const stdin = new PassThrough();
  stdin.pipe(socket, { end: false });
  return stdin;
}

function sessionOn(
  socket: Duplex,
  options: {
    readonly stdin: Writable | undefined;
    readonly tty: boolean;
    readonly readExitCode: () => Promise<number>;
    readonly resize: Session['resize'];
  },
): Session {
  const { stdout, stderr } = options.tty ? undivided(socket) : demux(socket);
  const exitCode = finished(socket, { writable: false }).then(options.readExitCode, () => options.readExitCode());
  // Whoever has closed the session need not ask how it went.
  exitCode.catch(() => undefined);
  if (options.stdin === undefined) socket.end();
  return {
    ...(options.stdin === undefined ? {} : { stdin: options.stdin }),
    stdout,
    stderr,
    resize: options.resize,
    exitCode,
    close: () => void socket.destroy(),
  };
}
