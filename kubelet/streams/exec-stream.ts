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
  stream.onResize((size) => void session.resize(size).catch(() => undefined));
  // The client may close its input long before the output ends, and the other way round.
  if (session.stdin !== undefined) void pipeline(stream.stdin, session.stdin).catch(() => undefined);
  else stream.stdin.resume();
  await Promise.allSettled([pipeline(session.stdout, stream.stdout), pipeline(session.stderr, stream.stderr)]);
  forget();
}
