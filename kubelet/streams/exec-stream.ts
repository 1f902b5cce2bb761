import { pipeline } from 'node:stream/promises';
import type { Status } from '../../shared/status-error';
import { StatusError } from '../../shared/status-error';
import type { AgentStream } from '../../shared/wire/byte-stream';
import { SUCCESS } from '../../shared/wire/stream-port';
import type { Session } from '../runtime/runtime';
import { whenAborted } from './when-aborted';

/** kubectl reads the exit code from the cause (k8s.io/client-go remotecommand v4). */
export const exitStatus = (code: number): Status =>
  code === 0
    ? SUCCESS
    : new StatusError('NonZeroExitCode', `command terminated with non-zero exit code: exit status ${code}`, {
        causes: [{ reason: 'ExitCode', message: String(code) }],
      }).toStatus();

/** Joins a command to a stream until it ends, or the other side goes. Resolves with how it ended. */
export async function serveExec(session: Session, stream: AgentStream): Promise<Status> {
  await joinSession(session, stream);
  return exitStatus(await session.exitCode);
}

/**
 * Joins a container's own process to a stream until its output ends. How the container ends is told by the pod's
 * status, as in Kubernetes: here it is a success, also where the user detached from a terminal.
 */
export async function serveAttach(session: Session, stream: AgentStream): Promise<Status> {
  session.exitCode.catch(() => undefined);
  await joinSession(session, stream);
  return SUCCESS;
}

/** Resolves once all output has been handed on, or nobody takes it any more. */
async function joinSession(session: Session, stream: AgentStream): Promise<void> {
  const forget = whenAborted(stream.signal, () => session.close());
  stream.onResize(latestOnly((size) => session.resize(size)));
  // The client may close its input long before the output ends, and the other way round.
  if (session.stdin !== undefined) void pipeline(stream.stdin, session.stdin).catch(() => undefined);
  else stream.stdin.resume();
  await Promise.allSettled([pipeline(session.stdout, stream.stdout), pipeline(session.stderr, stream.stderr)]);
  forget();
}

/** One call at a time, and then the latest value alone: calls side by side could arrive in either order. */
function latestOnly<T>(call: (value: T) => Promise<void>): (value: T) => void {
  let waiting: { readonly value: T } | undefined;
  let isBusy = false;
  const run = async (): Promise<void> => {
    isBusy = true;
    for (let next = waiting; next !== undefined; next = waiting) {
      waiting = undefined;
      // A size that cannot be set, as when the command has just ended, is no reason to end anything.
      await call(next.value).catch(() => undefined);
    }
    isBusy = false;
  };
  return (value) => {
    waiting = { value };
    if (!isBusy) void run();
  };
}
