import type { Readable } from 'node:stream';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { badRequest } from '../../shared/status-error';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type { StreamRequest } from '../../shared/wire/node-channel';
import type { ContainerId, LogOptions, Runtime } from '../runtime/runtime';

type LogRequest = Extract<StreamRequest, { type: 'logs' }>;

/** Throws BadRequest for a time that is none. */
export function logOptionsOf(request: LogRequest, nowMs: number): LogOptions {
  const sinceMs = request.sinceTime === undefined ? undefined : Date.parse(request.sinceTime);
  if (sinceMs !== undefined && Number.isNaN(sinceMs))
    throw badRequest(`sinceTime ${request.sinceTime} is no RFC 3339 time`);
  const since = request.sinceSeconds === undefined ? sinceMs : nowMs - request.sinceSeconds * 1_000;
  return {
    follow: request.follow,
    timestamps: request.timestamps,
    ...(request.tailLines === undefined ? {} : { tailLines: request.tailLines }),
    ...(since === undefined ? {} : { sinceMs: since }),
  };
}

/** Copies a container's log to the stream, both outputs as one in the engine's order, at most `limitBytes` of it. */
export async function serveLog(
  runtime: Runtime,
  id: ContainerId,
  options: LogOptions,
  limitBytes: number | undefined,
  stream: AgentStream,
): Promise<void> {
  const log = await runtime.logs(id, options);
  const stop = (): void => log.close();
  stream.signal.addEventListener('abort', stop, { once: true });
  const merged = merge([log.stdout, log.stderr]);
  try {
    if (limitBytes === undefined) await pipeline(merged, stream.stdout);
    else await pipeline(merged, firstBytes(limitBytes, stop), stream.stdout);
  } finally {
    stream.signal.removeEventListener('abort', stop);
    log.close();
  }
}

/** Chunks of several streams in the order of their arrival; ends when all have ended. */
function merge(sources: readonly Readable[]): PassThrough {
  const merged = new PassThrough();
  let open = sources.length;
  for (const source of sources) {
    source.pipe(merged, { end: false });
    source.once('end', () => {
      open -= 1;
      if (open === 0) merged.end();
    });
    source.once('error', (error) => merged.destroy(error));
    source.once('close', () => source.readableEnded || merged.end());
  }
  return merged;
}

/** Lets the first bytes through and calls `onFull` when there are no more to let through. */
function firstBytes(limit: number, onFull: () => void): Transform {
  let left = limit;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (left === 0 && part.length > 0) onFull();
      done(null, part.length === 0 ? undefined : part);
    },
  });
}
