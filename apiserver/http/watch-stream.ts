import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { Clock } from '../../shared/clock';
import { toStatusError } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { WatchEventType } from '../registry/client';
import type { Encoded, RegistryWatch, WatchSignal } from '../registry/registry';
import type { IncludeObject, Representation } from './table';
import { partialMetadata, tableOf } from './table';

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';
/** As kube-apiserver's --min-request-timeout: a watch without a timeout of its own ends after this long at most. */
const DEFAULT_TIMEOUT_SECONDS = 1_800;

interface WatchOptions {
  readonly representation: Representation;
  readonly include: IncludeObject;
  readonly clock: Clock;
  readonly timeoutSeconds: number | undefined;
  readonly shared: SharedFrames;
}

/** Events kept encoded for the watchers that have yet to see them. */
const SHARED_FRAMES = 1_024;
/** Runs of events that several watchers are told of at once: as many as there are kinds of watchers at a time. */
const SHARED_BATCHES = 4;

/** The events of late as bytes, encoded once for all watchers that take whole objects. */
export class SharedFrames {
  private readonly batches: { readonly frames: readonly Buffer[]; readonly bytes: Buffer }[] = [];
  private readonly frames = new Map<Encoded, Partial<Record<WatchEventType, Buffer>>>();

  of(type: WatchEventType, encoded: Encoded): Buffer {
    const known = this.frames.get(encoded);
    const frame = known?.[type];
    if (frame !== undefined) return frame;
    const made = Buffer.concat([Buffer.from(`{"type":"${type}","object":`), encoded.json, LINE_END]);
    if (known !== undefined) known[type] = made;
    else this.frames.set(encoded, { [type]: made });
    if (this.frames.size > SHARED_FRAMES) {
      const oldest = this.frames.keys().next();
      if (oldest.done !== true) this.frames.delete(oldest.value);
    }
    return made;
  }

  /** In one piece, which watchers that are told the same share. */
  joined(frames: readonly Buffer[]): Buffer {
    const [first] = frames;
    if (first !== undefined && frames.length === 1) return first;
    const known = this.batches.find((batch) => isSame(batch.frames, frames));
    if (known !== undefined) return known.bytes;
    const bytes = Buffer.concat(frames);
    this.batches.unshift({ frames, bytes });
    this.batches.length = Math.min(this.batches.length, SHARED_BATCHES);
    return bytes;
  }
}

const isSame = (a: readonly Buffer[], b: readonly Buffer[]): boolean =>
  a.length === b.length && a.every((frame, index) => frame === b[index]);

const LINE_END = Buffer.from('}\n');

/** Streams a watch as JSON lines until it ends, its time is up, or the client goes. A slow client slows the watch down. */
export async function streamWatch(
  {
    request,
    response,
    kind,
  }: { readonly request: IncomingMessage; readonly response: ServerResponse; readonly kind: Kind },
  watch: RegistryWatch,
  options: WatchOptions,
): Promise<void> {
  const close = (): void => watch.close();
  const cancel = options.clock.setTimeout(close, (options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1_000);
  request.once('close', close);
  response.once('close', close);
  const frame = new Frames(kind, options);
  try {
    let started = false;
    const start = (): void => {
      if (started) return;
      started = true;
      response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
      response.flushHeaders();
    };
    // Whatever is refused at once (an old revision) is refused before the stream begins; then headers go out, so that
    // a client knows that it watches.
    const iterator = watch[Symbol.asyncIterator]();
    let next = iterator.next();
    const isQuiet = Symbol('quiet');
    const first = await Promise.race([next, new Promise((resolve) => setImmediate(resolve, isQuiet))]);
    if (first === isQuiet) start();
    for (;;) {
      const { done, value } = await next;
      start();
      if (done === true) break;
      if (!response.write(options.shared.joined(value.map((signal) => frame.of(signal)))))
        await Promise.race([once(response, 'drain'), once(response, 'close')]);
      next = iterator.next();
    }
    response.end();
  } finally {
    cancel();
    watch.close();
  }
}

/** One JSON line per event, in the representation that was asked for. */
class Frames {
  private columnsSent = false;

  constructor(
    private readonly kind: Kind,
    private readonly options: WatchOptions,
  ) {}

  of(signal: WatchSignal): Buffer {
    switch (signal.type) {
      case 'ERROR':
        return line('ERROR', JSON.stringify(toStatusError(signal.error).toStatus()));
      case 'BOOKMARK':
        return line('BOOKMARK', JSON.stringify(this.bookmark(signal)));
      default:
        return this.options.representation.as === 'object'
          ? this.options.shared.of(signal.type, signal.encoded)
          : line(signal.type, this.object(signal));
    }
  }

  private object({ encoded }: Extract<WatchSignal, { encoded: unknown }>): string {
    const { representation } = this.options;
    if (representation.as === 'object') return encoded.json.toString('utf8');
    if (representation.as !== 'Table') return JSON.stringify(partialMetadata(encoded.object, representation.version));
    return JSON.stringify(
      this.table([encoded], { resourceVersion: encoded.object.metadata.resourceVersion }, representation.version),
    );
  }

  private bookmark({ resourceVersion, initialEventsEnd }: Extract<WatchSignal, { type: 'BOOKMARK' }>): unknown {
    const { group, version, kind } = this.kind;
    const metadata = {
      resourceVersion,
      creationTimestamp: null,
      ...(initialEventsEnd ? { annotations: { [INITIAL_EVENTS_END]: 'true' } } : {}),
    };
    const { representation } = this.options;
    const bare = { kind, apiVersion: group === '' ? version : `${group}/${version}`, metadata };
    if (representation.as === 'object') return bare;
    if (representation.as !== 'Table')
      return { ...bare, kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${representation.version}` };
    return this.table([], metadata, representation.version);
  }

  private table(items: Parameters<typeof tableOf>[1], metadata: object, version: string): unknown {
    const withColumns = !this.columnsSent;
    this.columnsSent = true;
    return tableOf(this.kind, items, {
      version,
      nowMs: this.options.clock.now(),
      include: this.options.include,
      metadata,
      withColumns,
    });
  }
}

const line = (type: string, json: string): Buffer => Buffer.from(`{"type":"${type}","object":${json}}\n`);
