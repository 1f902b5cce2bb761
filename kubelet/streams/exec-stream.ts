import { pipeline } from 'node:stream/promises';
import type { Status } from '../../shared/status-error';
import type { AgentStream } from '../../shared/wire/byte-stream';
import { SUCCESS } from '../../shared/wire/stream-port';
import type { Session } from '../runtime/runtime';

/** kubectl reads the exit code from the cause (k8s.io/client-go remotecommand v4). */
export const exitStatus = (code: number): Status =>
  code === 0
    ? SUCCESS
    : {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: `command terminated with non-zero exit code: exit status ${code}`,
        // Not among the reasons of the API's own refusals.
        reason: 'NonZeroExitCode' as unknown as NonNullable<Status['reason']>,
        details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
        code: 500,
      };

/** Joins a process's stdio to a stream until the process ends, or the other side goes. Resolves with how it ended. */
export async function serveSession(session: Session, stream: AgentStream): Promise<Status> {
  const stop = (): void => session.close();
  stream.signal.addEventListener('abort', stop, { once: true });
  stream.onResize((size) => void session.resize(size).catch(() => undefined));
  // The client may close its input long before the output ends, and the other way round.
  if (session.stdin !== undefined) void pipeline(stream.stdin, session.stdin).catch(() => undefined);
  else stream.stdin.resume();
  const output = Promise.all(
    [pipeline(session.stdout, stream.stdout), pipeline(session.stderr, stream.stderr)].map((each) =>
      each.catch(() => undefined),
    ),
  );
  try {
    const code = await session.exitCode;
    await output;
    return exitStatus(code);
  } finally {
    stream.signal.removeEventListener('abort', stop);
  }
}
