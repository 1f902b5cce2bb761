import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Pod } from '../../../shared/api/objects';
import { toStatusError } from '../../../shared/status-error';
import type { ServerStream } from '../../../shared/wire/byte-stream';

/** The pod a client forwards ports of. */
export interface ForwardTarget {
  readonly pod: Pod;
  open(port: number): Promise<ServerStream>;
}

/**
 * Joins one connection of a client with a port of the pod, each direction ending by itself, until both have ended or
 * either side goes. Resolves with what went wrong, if anything did; never rejects.
 */
export async function forwardConnection(
  { pod, open }: ForwardTarget,
  port: number,
  client: Duplex,
): Promise<string | undefined> {
  const failed = (why: string): string =>
    `error forwarding port ${port} to pod ${pod.metadata.name}, uid ${pod.metadata.uid}: ${why}`;
  let stream: ServerStream;
  try {
    stream = await open(port);
  } catch (error) {
    client.resume();
    client.end();
    return failed(toStatusError(error).message);
  }
  client.once('close', () => stream.close());
  if (client.destroyed) stream.close();
  stream.stderr.resume();
  client.pipe(stream.stdin);
  stream.stdin.once('close', () => {
    client.unpipe(stream.stdin);
    client.resume();
  });
  stream.stdout.pipe(client);
  await finished(stream.stdout).catch(() => client.end());
  await finished(client, { readable: false }).catch(() => undefined);
  const result = await stream.result;
  return result.status === 'Success' || client.destroyed ? undefined : failed(result.message ?? 'the connection broke');
}

/** A port as text, or undefined where it is none. */
export const parsePort = (text: string | undefined): number | undefined => {
  const port = /^\d{1,5}$/.test(text ?? '') ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
};
