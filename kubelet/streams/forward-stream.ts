import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { AgentStream } from '../../shared/wire/byte-stream';
import { whenAborted } from './when-aborted';

/**
 * Joins a connection into a pod to a stream, each direction ending by itself. Resolves when both have ended or the other
 * side went; rejects when the connection broke.
 */
export async function serveConnection(connection: Duplex, stream: AgentStream): Promise<void> {
  const forget = whenAborted(stream.signal, () => connection.destroy());
  stream.stdin.pipe(connection);
  connection.pipe(stream.stdout);
  try {
    await finished(connection);
  } finally {
    forget();
    connection.destroy();
    stream.stdin.destroy();
  }
}
