import type { Readable } from 'node:stream';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { badRequest } from '../../shared/status-error';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type { StreamRequest } from '../../shared/wire/node-channel';
import { field } from '../../shared/wire/parse-value';
import type { LogOptions, Runtime } from '../runtime/runtime';
import { whenAborted } from './when-aborted';

type LogRequest = Extract<StreamRequest, { type: 'logs' }>;
type Log = Awaited<ReturnType<Runtime['logs']>>;

/** Throws BadRequest for a time that is none. */
export function logOptionsOf(request: LogRequest, nowMs: number): LogOptions {
  const { follow, timestamps, tailLines, sinceSeconds, sinceTime } = request;
  const sinceMs = sinceTime === undefined ? undefined : Date.parse(sinceTime);
  if (sinceMs !== undefined && Number.isNaN(sinceMs)) throw badRequest(`sinceTime ${sinceTime} is no RFC 3339 time`);
  return {
    follow,
    timestamps,
    ...field('tailLines', tailLines),
    ...field('sinceMs', sinceSeconds === undefined ? sinceMs : nowMs - sinceSeconds * 1_000),
  };
}

/** Copies a container's log to the stream, both outputs as one in the engine's order, at most `limitBytes` of it. */
export async function serveLog(log: Log, limitBytes: number | undefined, stream: AgentStream): Promise<void> {
  const close = (): void => log.close();
  const forget = whenAborted(stream.signal, close);
  const merged = merge([log.stdout, log.stderr]);
  try {
    if (limitBytes === undefined) await pipeline(merged, stream.stdout);
    else await pipeline(merged, firstBytes(limitBytes, close), stream.stdout);
  } finally {
    forget();
    close();
  }
}

/** Chunks of several streams in the order of their arrival; ends when all have ended. */
function merge(sources: readonly Readable[]): PassThrough {
  const merged = new PassThrough();
  merged.setMaxListeners(0);
  let open = sources.length;
  for (const source of sources) {
    let isOpen = true;
    const leave = (): void => {
      if (!isOpen) return;
      isOpen = false;
      open -= 1;
      if (open === 0) merged.end();
    };
    source.pipe(merged, { end: false });
    source.once('end', leave);
    source.once('close', leave);
    source.once('error', (error) => merged.destroy(error));
  }
  return merged;
}

/** Lets the first bytes through, then ends; calls `onFull` when there are no more to let through. */
function firstBytes(limit: number, onFull: () => void): Transform {
  let left = limit;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (part.length > 0) this.push(part);
      if (left === 0 && part.length > 0) onFull();
      done();
    },
  });
}
