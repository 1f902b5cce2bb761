import type { StoredObject } from '../../shared/api/objects';
import type { Kind } from '../kinds/kind';
import { apiVersionOf } from './incoming-object';
import type { ListPage, RegistryWatch, WatchSignal } from './registry';
import type { CachedObject } from './stored-object';

/** The object in the version that a request asks for. */
export const presentedAs = (kind: Kind, object: CachedObject): CachedObject =>
  kind.conversion === undefined ? object : object.as(apiVersionOf(kind), kind.conversion.fromStored);

/** The object in the version that is stored. */
export const storedAs = (kind: Kind, object: StoredObject): StoredObject =>
  kind.conversion === undefined ? object : kind.conversion.toStored(object);

export const presentedPage = (kind: Kind, page: ListPage): ListPage =>
  kind.conversion === undefined
    ? page
    : { ...page, items: page.items.map((item) => presentedAs(kind, item as CachedObject)) };

export function presentedWatch(kind: Kind, watch: RegistryWatch): RegistryWatch {
  if (kind.conversion === undefined) return watch;
  const present = (signal: WatchSignal): WatchSignal =>
    'encoded' in signal ? { ...signal, encoded: presentedAs(kind, signal.encoded as CachedObject) } : signal;
  return {
    close: () => watch.close(),
    async *[Symbol.asyncIterator]() {
      for await (const batch of watch) yield batch.map(present);
    },
  };
}
