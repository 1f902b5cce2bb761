import type { Clock } from '../../shared/clock';
import { badRequest, expired } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { StoreReader } from '../store/store';
import { CompactedError } from '../store/store';
import { continueExpired, decodeContinue, encodeContinue } from './continue-token';
import type { ObjectCache } from './object-cache';
import type { Matcher } from './query-selector';
import { matcherOf } from './query-selector';
import type { ListPage, ListQuery } from './registry';
import { tooLargeResourceVersion } from './store-errors';
import { prefixOf, resourceOf } from './store-keys';
import type { CachedObject } from './stored-object';
import { fromKeyValue } from './stored-object';

/** How long a request waits for a revision that the cache has not reached, as Kubernetes' watch cache. */
const FRESHNESS_TIMEOUT_MS = 3_000;
/** Items read from the store at once where a selector drops an unknown number of them. */
const CHUNK = 500;

export interface ListSources {
  readonly cache: ObjectCache;
  readonly store: StoreReader;
  readonly clock: Clock;
}

/** One page of a list, all pages of one list at one revision. From memory, unless an older revision is asked for. */
export async function listObjects(sources: ListSources, kind: Kind, query: ListQuery): Promise<ListPage> {
  const matches = matcherOf(kind, query);
  const prefix = prefixOf(kind, query.namespace);
  if (query.limit !== undefined && query.limit < 0) throw badRequest('limit must not be negative');
  if (query.continue !== undefined && query.continue !== '') {
    if (query.resourceVersion !== undefined && query.resourceVersion !== '' && query.resourceVersion !== '0') {
      throw badRequest('specifying resource version is not allowed when using continue');
    }
    const token = decodeContinue(query.continue, prefix);
    const revision = token.revision === 'latest' ? sources.cache.revision : token.revision;
    const page = { kind, prefix, matches, limit: query.limit, revision, after: token.after };
    return pageAt(sources, page, () => continueExpired(token));
  }
  const revision = await revisionOf(sources, query);
  return pageAt(sources, { kind, prefix, matches, limit: query.limit, revision, after: '' }, () =>
    expired('The resourceVersion for the provided list is too old.'),
  );
}

/** The revision a first page shows, after waiting until there is one. */
async function revisionOf({ cache, clock }: ListSources, query: ListQuery): Promise<number> {
  const { resourceVersion = '', resourceVersionMatch: match, limit = 0 } = query;
  if (resourceVersion === '' || resourceVersion === '0') return cache.revision;
  const revision = parseResourceVersion(resourceVersion);
  await waitFor(cache, clock, revision);
  // Pages have always been of the revision that was asked for, lists never older than that.
  const isExact = match === 'Exact' || (match === undefined && limit > 0);
  return isExact ? revision : cache.revision;
}

/** Throws BadRequest for anything but a number. */
export function parseResourceVersion(text: string): number {
  if (!/^\d{1,15}$/.test(text))
    throw badRequest(`Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`);
  return Number(text);
}

/** Throws Timeout where the cache does not reach the revision in time: a client's value from another cluster, say. */
export async function waitFor(cache: ObjectCache, clock: Clock, revision: number): Promise<void> {
  if (revision <= cache.revision) return;
  const giveUp = new AbortController();
  const late = clock.sleep(FRESHNESS_TIMEOUT_MS, giveUp.signal).then(
    () => true,
    () => false,
  );
  const isLate = await Promise.race([late, cache.caughtUp(revision).then(() => false)]);
  giveUp.abort();
  if (isLate) throw tooLargeResourceVersion(revision, cache.revision);
}

interface PageRequest {
  readonly revision: number;
  readonly after: string;
  readonly kind: Kind;
  readonly prefix: string;
  readonly matches: Matcher;
  readonly limit: number | undefined;
}

async function pageAt(sources: ListSources, request: PageRequest, tooOld: () => Error): Promise<ListPage> {
  const { cache, store } = sources;
  const kindCache = cache.of(resourceOf(request.kind));
  // Nothing of this kind changed since: what is cached is what stood then.
  if (request.revision <= cache.revision && kindCache.lastRevision <= request.revision) {
    return pageOf(request, kindCache.list(request.prefix, request.after));
  }
  if (request.revision === cache.revision) return pageOf(request, kindCache.list(request.prefix, request.after));
  try {
    return pageOf(request, await readStore(store, request));
  } catch (error) {
    if (error instanceof CompactedError) throw tooOld();
    throw error;
  }
}

/** As many items of an old revision as the page needs, and one more, which tells whether there is another page. */
async function readStore(store: StoreReader, request: PageRequest): Promise<CachedObject[]> {
  const found: CachedObject[] = [];
  const { limit = 0, matches } = request;
  for (let after = request.after; ;) {
    const { items, remaining } = await store.list({
      prefix: request.prefix,
      revision: request.revision,
      ...(after === '' ? {} : { after }),
      ...(limit === 0 ? {} : { limit: CHUNK }),
    });
    const objects = items.map((each) => fromKeyValue(each));
    found.push(...(matches === undefined ? objects : objects.filter(({ object }) => matches(object))));
    if (remaining === 0 || (limit > 0 && matches !== undefined && found.length > limit)) return found;
    if (items.length === 0) return found;
    after = items.at(-1)?.key ?? after;
  }
}

function pageOf(request: PageRequest, objects: Iterable<CachedObject>): ListPage {
  const { limit = 0, matches } = request;
  const items: CachedObject[] = [];
  let remaining = 0;
  for (const each of objects) {
    if (matches !== undefined && !matches(each.object)) continue;
    if (limit === 0 || items.length < limit) {
      items.push(each);
      continue;
    }
    remaining += 1;
    // With a selector Kubernetes does not count what is left, only that something is.
    if (matches !== undefined) break;
  }
  const last = items.at(-1);
  return {
    items,
    resourceVersion: String(request.revision),
    ...(remaining > 0 && last !== undefined
      ? {
          continue: encodeContinue({ revision: request.revision, after: last.storeKey }),
          ...(matches === undefined ? { remainingItemCount: remaining } : {}),
        }
      : {}),
  };
}
