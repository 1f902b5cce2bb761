import type { Readable } from 'node:stream';
import type { LogOptions } from '../runtime';
import { RuntimeError } from '../runtime';
import type { EngineCalls } from './engine-calls';
import { demux, undivided } from './stdio-demux';

/** The log as the engine keeps it, across its rotations. */
export async function containerLogs(
  calls: EngineCalls,
  id: string,
  { follow, timestamps, tailLines, sinceMs }: LogOptions,
): Promise<{ readonly stdout: Readable; readonly stderr: Readable; close(): void }> {
  const inspected = await calls.inspect(id);
  if (inspected === undefined) throw new RuntimeError('NotFound', `No such container: ${id}`);
  const closing = new AbortController();
  const source = await calls.logs(
    id,
    {
      follow,
      timestamps,
      ...(tailLines === undefined ? {} : { tail: tailLines }),
      ...(sinceMs === undefined ? {} : { since: (sinceMs / 1000).toFixed(3) }),
    },
    closing.signal,
  );
  const { stdout, stderr } = inspected.Config.Tty ? undivided(source) : demux(source);
  return { stdout, stderr, close: () => closing.abort() };
}
