import type { StoreEvent, WatchBatch } from '../store';

/** What really happened, from the commits themselves: every transaction's events, in order of revision. */
export type Truth = ReadonlyMap<number, readonly StoreEvent[]>;

const eventsOf = (batches: readonly WatchBatch[]): readonly StoreEvent[] => batches.flatMap(({ events }) => events);

/** The first event that comes after one of a later revision. */
export function brokeOrdered(batches: readonly WatchBatch[]): StoreEvent | undefined {
  const events = eventsOf(batches);
  return events.find((event, index) => event.revision < (events[index - 1]?.revision ?? 0));
}

/** The first event that came before. */
export function brokeUnique(batches: readonly WatchBatch[]): StoreEvent | undefined {
  const seen = new Set<string>();
  return eventsOf(batches).find(({ key, revision }) => {
    const id = `${revision} ${key}`;
    if (seen.has(id)) return true;
    seen.add(id);
    return false;
  });
}

/** The first event between the watch's start and its last delivered revision that was not delivered. */
export function brokeReliable(
  batches: readonly WatchBatch[],
  truth: Truth,
  { prefix, afterRevision }: { readonly prefix: string; readonly afterRevision: number },
): StoreEvent | undefined {
  const delivered = new Set(eventsOf(batches).map(({ key, revision }) => `${revision} ${key}`));
  const last = batches.at(-1)?.revision ?? afterRevision;
  for (const [revision, events] of truth) {
    if (revision <= afterRevision || revision > last) continue;
    const missing = events.find(({ key }) => key.startsWith(prefix) && !delivered.has(`${revision} ${key}`));
    if (missing !== undefined) return missing;
  }
  return undefined;
}

/** The first revision whose events came in more than one batch. */
export function brokeAtomic(batches: readonly WatchBatch[]): number | undefined {
  const home = new Map<number, WatchBatch>();
  for (const batch of batches) {
    for (const { revision } of batch.events) {
      if ((home.get(revision) ?? batch) !== batch) return revision;
      home.set(revision, batch);
    }
  }
  return undefined;
}

/** The first event that two watches, the second from where the first ended, deliver twice or not at all. */
export function brokeResumable(
  first: readonly WatchBatch[],
  second: readonly WatchBatch[],
  truth: Truth,
  start: { readonly prefix: string; readonly afterRevision: number },
): StoreEvent | undefined {
  const both = [...first, ...second];
  return brokeUnique(both) ?? brokeOrdered(both) ?? brokeReliable(both, truth, start);
}

/** The first event that came after a bookmark which had promised that it was delivered. */
export function brokeBookmarked(batches: readonly WatchBatch[]): StoreEvent | undefined {
  let promised = 0;
  for (const { events, revision } of batches) {
    const late = events.find((event) => event.revision <= promised);
    if (late !== undefined) return late;
    if (events.length === 0) promised = Math.max(promised, revision);
  }
  return undefined;
}
