import type { Clock } from '../../shared/clock';
import { expired } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { CacheEvent, KindCache } from './kind-cache';
import { parseResourceVersion } from './list-objects';
import type { ObjectCache } from './object-cache';
import type { Matcher } from './query-selector';
import { matcherOf } from './query-selector';
import type { RegistryWatch, WatchQuery, WatchSignal } from './registry';
import { prefixOf, resourceOf } from './store-keys';

/** Changes handed out at once. */
const BATCH = 500;
/** How often a watch that asked for bookmarks gets one, whatever else it is told, as Kubernetes' watch cache. */
const BOOKMARK_MS = 60_000;

export interface WatchSources {
  readonly cache: ObjectCache;
  readonly clock: Clock;
}

/** Throws BadRequest for selectors and resource versions that cannot be read. The end of the initial events is told by a
 * bookmark, so only to those who take bookmarks. */
export function watchObjects({ cache, clock }: WatchSources, kind: Kind, query: WatchQuery): RegistryWatch {
  const kindCache = cache.of(resourceOf(kind));
  const { resourceVersion = '' } = query;
  const after = resourceVersion === '' || resourceVersion === '0' ? undefined : parseResourceVersion(resourceVersion);
  return new CacheWatch({
    cache,
    kindCache,
    clock,
    prefix: prefixOf(kind, query.namespace),
    matches: matcherOf(kind, query),
    after,
    // Without a resourceVersion a watch starts with what there is, unless it says otherwise.
    initial: query.sendInitialEvents ?? after === undefined,
    endOfInitial: query.sendInitialEvents === true && query.allowBookmarks,
    bookmarks: query.allowBookmarks,
  });
}

interface Settings {
  readonly cache: ObjectCache;
  readonly kindCache: KindCache;
  readonly clock: Clock;
  readonly prefix: string;
  readonly matches: Matcher;
  /** Only changes behind this revision; undefined: from now on. */
  readonly after: number | undefined;
  readonly initial: boolean;
  readonly endOfInitial: boolean;
  readonly bookmarks: boolean;
}

/** A cursor into the cache's window of changes: a consumer that does not pull costs nothing, and ends as expired. */
class CacheWatch implements RegistryWatch {
  private closed = false;
  private wakeUp: (() => void) | undefined;

  constructor(private readonly settings: Settings) {}

  close(): void {
    this.closed = true;
    this.wakeUp?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<readonly WatchSignal[], void, void> {
    const { cache, kindCache, clock, initial, after } = this.settings;
    let bookmarkMs = clock.monotonic() + BOOKMARK_MS;
    if (initial && after !== undefined) await this.until((resume) => void cache.caughtUp(after).then(resume));
    let cursor = initial || after === undefined ? kindCache.cursor : kindCache.cursorAfter(after);
    if (initial && !this.closed) yield* this.initialEvents();
    while (!this.closed && !cache.isClosed) {
      const events = cursor === undefined ? undefined : kindCache.eventsFrom(cursor, BATCH);
      if (cursor === undefined || events === undefined) {
        yield [
          { type: 'ERROR', error: expired(`too old resource version: ${after ?? 0} (${kindCache.oldestRevision})`) },
        ];
        return;
      }
      if (events.length === 0) {
        const isDue = await this.news(bookmarkMs);
        if (isDue && !this.closed && kindCache.cursor === cursor) {
          bookmarkMs = clock.monotonic() + BOOKMARK_MS;
          yield [this.bookmark(false)];
        }
        continue;
      }
      cursor += events.length;
      const signals = events.flatMap((event) => this.signalsOf(event));
      if (signals.length > 0) yield signals;
    }
  }

  /** All of one moment, in portions: what is written for a portion is gone before the next is made. */
  private *initialEvents(): Generator<readonly WatchSignal[]> {
    const { kindCache, prefix, matches, endOfInitial } = this.settings;
    const end = endOfInitial ? [this.bookmark(true)] : [];
    const present = [...kindCache.list(prefix)].filter(({ object }) => matches === undefined || matches(object));
    for (let at = 0; at < present.length && !this.closed; at += BATCH) {
      yield present.slice(at, at + BATCH).map((encoded) => ({ type: 'ADDED', encoded }));
    }
    if (end.length > 0 && !this.closed) yield end;
  }

  private bookmark(initialEventsEnd: boolean): WatchSignal {
    return { type: 'BOOKMARK', resourceVersion: String(this.settings.cache.revision), initialEventsEnd };
  }

  /** With a selector, an object that comes to match is ADDED and one that ceases to is DELETED. */
  private signalsOf(event: CacheEvent): readonly WatchSignal[] {
    const { prefix, matches, after } = this.settings;
    const { current, previous } = event;
    if (!current.storeKey.startsWith(prefix) || event.revision <= (after ?? 0)) return [];
    if (matches === undefined) return [{ type: event.type, encoded: current }];
    const is = event.type !== 'DELETED' && matches(current.object);
    const was = previous !== undefined && matches(previous.object);
    if (is) return [{ type: was ? 'MODIFIED' : 'ADDED', encoded: current }];
    if (!was) return [];
    return [{ type: 'DELETED', encoded: event.type === 'DELETED' ? current : previous.atRevision(event.revision) }];
  }

  /** Waits for a change, at most until `bookmarkMs`. True when it is time for a bookmark. */
  private async news(bookmarkMs: number): Promise<boolean> {
    const { kindCache, clock, bookmarks } = this.settings;
    let isBookmarkDue = false;
    let forget = (): void => undefined;
    let cancel = (): void => undefined;
    await this.until((resume) => {
      forget = kindCache.onNews(resume);
      if (!bookmarks) return;
      cancel = clock.setTimeout(
        () => {
          isBookmarkDue = true;
          resume();
        },
        Math.max(0, bookmarkMs - clock.monotonic()),
      );
    });
    forget();
    cancel();
    return isBookmarkDue;
  }

  /** Resolves when `start`'s callback is called, or the watch is closed. */
  private async until(start: (resume: () => void) => void): Promise<void> {
    if (this.closed) return;
    await new Promise<void>((resolve) => {
      this.wakeUp = resolve;
      start(resolve);
    });
    this.wakeUp = undefined;
  }
}
