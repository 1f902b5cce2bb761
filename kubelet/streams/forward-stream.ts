import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { AgentStream } from '../../shared/wire/byte-stream';
import { whenAborted } from './when-aborted';

/**
 * Joins a connection into a pod to a stream, each direction ending by itself. Resolves when both have ended or the other
 * side went; rejects when the connection broke, or the pod is `gone`: the end of what was killed is not always told.
 */
export async function serveConnection(connection: Duplex, stream: AgentStream, gone: AbortSignal): Promise<void> {
  const ends = [stream.signal, gone].map((signal) => whenAborted(signal, () => connection.destroy()));
  stream.stdin.pipe(connection);
  connection.pipe(stream.stdout);
  try {
    await finished(connection);
  } finally {
    for (const forget of ends) forget();
    connection.destroy();
    stream.stdin.destroy();
  }
}
