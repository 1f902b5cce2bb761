import type { Event } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { isNotFound } from '../../shared/status-error';
import type { Client } from '../registry/client';

/** The object an Event is about; any object of the registry fits. */
export interface EventSubject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly uid?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
  /** The part of the object meant, as `spec.containers{web}`. */
  readonly fieldPath?: string;
}

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  readonly action?: string;
}

export interface EventSource {
  readonly component: string;
  readonly host?: string;
}

/** Tells users what happened to an object. */
export interface EventRecorder {
  /** Returns at once. Repeats of one event (same object, text and source) raise the count of the Event that stands already. */
  record(subject: EventSubject, text: EventText, source: EventSource): void;
  /** Resolves when everything recorded so far is written, or was given up. */
  flush(): Promise<void>;
}

interface Series {
  readonly key: string;
  readonly subject: EventSubject;
  readonly text: EventText;
  readonly source: EventSource;
  /** Occurrences not written yet. */
  unwritten: number;
  firstMs: number;
  lastMs: number;
  /** Name of the stored Event, once there is one. */
  eventName?: string;
}

/** Series remembered for counting, and events waiting to be written: both bounded, so a storm of events costs no memory. */
const MAX_SERIES = 4_096;
const MAX_WAITING = 1_000;

/** Events of cluster-scoped objects live here, as in Kubernetes. */
const CLUSTER_EVENTS_NAMESPACE = 'default';

export function createEventRecorder(options: {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
}): EventRecorder {
  return new StoredEventRecorder(options.client, options.clock, options.logger);
}

/** Writes one at a time in the background: Events are best effort and must never hold up, or fail, what they tell about. */
class StoredEventRecorder implements EventRecorder {
  /** By key, least recently used first. */
  private readonly series = new Map<string, Series>();
  private readonly waiting = new Set<Series>();
  private writing: Promise<void> | undefined;
  /** Since it was last told of. */
  private dropped = 0;
  private lastNameMs = 0;
  private nameCounter = 0;

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  record(subject: EventSubject, text: EventText, source: EventSource): void {
    const nowMs = this.clock.now();
    const key = keyOfSeries(subject, text, source);
    const series = this.series.get(key) ?? {
      key,
      subject,
      text,
      source,
      unwritten: 0,
      firstMs: nowMs,
      lastMs: nowMs,
    };
    if (!this.waiting.has(series) && this.waiting.size >= MAX_WAITING) {
      this.dropped += 1;
      return;
    }
    this.series.delete(key);
    this.series.set(key, series);
    this.forgetOldest();
    series.unwritten += 1;
    series.lastMs = nowMs;
    this.waiting.add(series);
    this.writing ??= this.writeAll();
  }

  async flush(): Promise<void> {
    await this.writing;
  }

  private forgetOldest(): void {
    const [oldest] = this.series.keys();
    if (this.series.size > MAX_SERIES && oldest !== undefined) this.series.delete(oldest);
  }

  private async writeAll(): Promise<void> {
    // A turn later, so that repeats recorded in one burst become one write.
    await Promise.resolve();
    for (let [next] = this.waiting; next !== undefined; [next] = this.waiting) {
      this.waiting.delete(next);
      try {
        await this.write(next);
      } catch (error) {
        this.logger.warn(
          { err: error, reason: next.text.reason, object: next.subject.metadata.name },
          'event not written',
        );
      }
    }
    this.writing = undefined;
    // Once for a whole storm: a line for each would cost more than the events.
    if (this.dropped > 0) this.logger.warn({ count: this.dropped }, 'events dropped: too many were waiting');
    this.dropped = 0;
  }

  private async write(series: Series): Promise<void> {
    const occurrences = series.unwritten;
    series.unwritten = 0;
    if (series.eventName !== undefined && (await this.raiseCount(series, series.eventName, occurrences))) return;
    // The Event may have expired since: a new one starts its count again.
    if (series.eventName !== undefined) series.firstMs = series.lastMs;
    const name = this.newName(series.subject.metadata.name);
    await this.client.create('Event', { ...eventOf(series, name, occurrences) });
    series.eventName = name;
  }

  private async raiseCount(series: Series, name: string, occurrences: number): Promise<boolean> {
    try {
      await this.client.modify('Event', { namespace: namespaceOf(series.subject), name }, (event) => ({
        ...event,
        count: (event.count ?? 1) + occurrences,
        lastTimestamp: toTimestamp(series.lastMs),
      }));
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /** `web.18a1f3c0d2b40000`: Kubernetes' shape, the time in nanoseconds as hex; the last digits tell equal times apart. */
  private newName(object: string): string {
    const nowMs = this.clock.now();
    this.nameCounter = nowMs === this.lastNameMs ? this.nameCounter + 1 : 0;
    this.lastNameMs = nowMs;
    const nanoseconds = BigInt(Math.trunc(nowMs)) * 1_000_000n + BigInt(this.nameCounter);
    return `${object}.${nanoseconds.toString(16)}`;
  }
}

const namespaceOf = (subject: EventSubject): string => subject.metadata.namespace ?? CLUSTER_EVENTS_NAMESPACE;

const keyOfSeries = (subject: EventSubject, text: EventText, source: EventSource): string =>
  JSON.stringify([
    subject.kind,
    subject.metadata.namespace,
    subject.metadata.name,
    subject.metadata.uid,
    subject.fieldPath,
    text.type,
    text.reason,
    text.message,
    source.component,
    source.host,
  ]);

/** The Event of a series that has none yet. */
export const eventOf = (
  series: Pick<Series, 'subject' | 'text' | 'source' | 'firstMs' | 'lastMs'>,
  name: string,
  count: number,
): Omit<Event, 'metadata'> & { metadata: { name: string; namespace: string } } => {
  const { subject, text, source } = series;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: namespaceOf(subject) },
    involvedObject: {
      kind: subject.kind,
      apiVersion: subject.apiVersion,
      name: subject.metadata.name,
      ...(subject.metadata.namespace === undefined ? {} : { namespace: subject.metadata.namespace }),
      ...(subject.metadata.uid === undefined ? {} : { uid: subject.metadata.uid }),
      ...(subject.metadata.resourceVersion === undefined ? {} : { resourceVersion: subject.metadata.resourceVersion }),
      ...(subject.fieldPath === undefined ? {} : { fieldPath: subject.fieldPath }),
    },
    type: text.type,
    reason: text.reason,
    message: text.message,
    ...(text.action === undefined ? {} : { action: text.action }),
    source: { component: source.component, ...(source.host === undefined ? {} : { host: source.host }) },
    reportingComponent: source.component,
    reportingInstance: source.host ?? '',
    firstTimestamp: toTimestamp(series.firstMs),
    lastTimestamp: toTimestamp(series.lastMs),
    count,
  };
};
