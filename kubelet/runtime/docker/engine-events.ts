import type { Readable } from 'node:stream';
import { types } from 'node:util';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { EventQueue } from '../event-queue';
import type { RuntimeEvent } from '../runtime';
import type { EngineCalls } from './engine-calls';
import { JsonLines } from './json-lines';
import type { Labels, Owner } from './labels';
import { LABELS, SYSTEM, ownerFilter, podOf } from './labels';

const ACTIONS = { create: 'created', start: 'started', die: 'died', oom: 'oom', destroy: 'removed' } as const;

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** A hung engine keeps its connections: only a question that it does not answer tells. */
const PING_PERIOD_MS = 10_000;
const PING_TIMEOUT_MS = 5_000;

interface EventSource {
  readonly calls: EngineCalls;
  readonly owner: Owner;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What happens to our containers, pushed by the engine. Dials again, backing off, for as long as the signal lets it. */
export function engineEvents(source: EventSource, signal: AbortSignal): AsyncIterable<RuntimeEvent> {
  const queue = new EventQueue<RuntimeEvent>(signal);
  void follow(source, queue, signal);
  return queue;
}

async function follow(source: EventSource, queue: EventQueue<RuntimeEvent>, signal: AbortSignal): Promise<void> {
  const { clock, logger } = source;
  let isLost = false;
  let retryMs = FIRST_RETRY_MS;
  while (!signal.aborted) {
    try {
      await listen(source, queue, signal, () => {
        if (isLost) queue.push({ type: 'engine', action: 'restored', message: 'the Docker engine answers again' });
        isLost = false;
        retryMs = FIRST_RETRY_MS;
      });
    } catch (error) {
      if (signal.aborted) return;
      const message = types.isNativeError(error) ? error.message : String(error);
      logger.debug({ error: message, retryMs }, 'the event stream broke');
      if (!isLost) queue.push({ type: 'engine', action: 'lost', message });
      isLost = true;
      await clock.sleep(retryMs, signal).catch(() => undefined);
      retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
    }
  }
}

/** Resolves never: rejects when the connection ends, however it ends. */
async function listen(
  { calls, owner, clock }: EventSource,
  queue: EventQueue<RuntimeEvent>,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<never> {
  const connection = new AbortController();
  const hangUp = (): void => connection.abort(signal.reason);
  signal.addEventListener('abort', hangUp, { once: true });
  // Sent along so that the engine replays what happens until it has taken the request.
  const since = (clock.now() / 1000).toFixed(3);
  const filters = { type: ['container'], event: Object.keys(ACTIONS), label: ownerFilter(owner) };
  let stopPinging = (): void => undefined;
  try {
    const stream = await calls.events({ since, filters, signal: connection.signal });
    stopPinging = clock.setInterval(() => {
      ping(calls, clock).catch((error: unknown) => stream.destroy(error as Error));
    }, PING_PERIOD_MS);
    onConnected();
    return await read(stream, queue);
  } finally {
    stopPinging();
    signal.removeEventListener('abort', hangUp);
    connection.abort();
  }
}

async function read(stream: Readable, queue: EventQueue<RuntimeEvent>): Promise<never> {
  const lines = new JsonLines();
  for await (const chunk of stream)
    for (const message of lines.push(chunk as Buffer)) {
      const event = toEvent(message);
      if (event !== undefined) queue.push(event);
    }
  throw new Error('the Docker engine closed its event stream');
}

async function ping(calls: EngineCalls, clock: Clock): Promise<void> {
  const limit = new AbortController();
  const cancel = clock.setTimeout(
    () => limit.abort(new Error('the Docker engine does not answer a ping')),
    PING_TIMEOUT_MS,
  );
  try {
    await calls.ping(limit.signal);
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error;
  } finally {
    cancel();
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** Undefined for what does not concern us. */
export function toEvent(message: unknown): RuntimeEvent | undefined {
  if (!isRecord(message) || !isRecord(message['Actor'])) return undefined;
  const { ID: id, Attributes: attributes } = message['Actor'];
  const action = ACTIONS[message['Action'] as keyof typeof ACTIONS] as
    (typeof ACTIONS)[keyof typeof ACTIONS] | undefined;
  if (action === undefined || typeof id !== 'string' || !isRecord(attributes)) return undefined;
  // The engine puts a container's labels among its event's attributes.
  const labels = attributes as Labels;
  if (labels[LABELS.type] === SYSTEM) return undefined;
  const pod = podOf(labels);
  if (labels[LABELS.type] === 'sandbox') return { type: 'sandbox', action, id, pod };
  const name = labels[LABELS.container];
  return { type: 'container', action, id, pod, ...(name === undefined ? {} : { name }) };
}
