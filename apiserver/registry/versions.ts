import type { StoredObject } from '../../shared/api/objects';
import type { Kind } from '../kinds/kind';
import { apiVersionOf } from './incoming-object';
import type { ListPage, RegistryWatch, WatchSignal } from './registry';
import type { CachedObject } from './stored-object';

/**
 * Asks for the version that a request wants of objects that are converted outside, all at once and each once. To be
 * awaited before `presentedAs`; undefined where nothing has to be asked.
 */
export function askFor(kind: Kind, objects: readonly CachedObject[]): Promise<void> | undefined {
  const ask = kind.conversion?.ask;
  if (ask === undefined) return undefined;
  const apiVersion = apiVersionOf(kind);
  const unknown = objects.filter((object) => !object.isKnownAs(apiVersion));
  if (unknown.length === 0) return undefined;
  return ask(
    unknown.map(({ object }) => object),
    apiVersion,
  ).then((converted) => {
    for (const [index, object] of converted.entries()) unknown[index]?.as(apiVersion, () => object);
  });
}

const notAsked = (): never => {
  throw new Error('an object is presented whose conversion has not been asked for');
};

/** The object in the version that a request asks for. */
export const presentedAs = (kind: Kind, object: CachedObject): CachedObject =>
  kind.conversion === undefined
    ? object
    : object.as(apiVersionOf(kind), kind.conversion.ask === undefined ? kind.conversion.fromStored : notAsked);

/** The object in the version that is stored. */
export async function storedAs(kind: Kind, object: StoredObject): Promise<StoredObject> {
  if (kind.conversion === undefined) return object;
  const { toStored, ask } = kind.conversion;
  const stored = toStored(object);
  if (ask === undefined || stored.apiVersion === object.apiVersion) return stored;
  const [converted = stored] = await ask([object], stored.apiVersion);
  return converted;
}

export async function presentedPage(kind: Kind, page: ListPage): Promise<ListPage> {
  if (kind.conversion === undefined) return page;
  const items = page.items as readonly CachedObject[];
  await askFor(kind, items);
  return { ...page, items: items.map((item) => presentedAs(kind, item)) };
}

export function presentedWatch(kind: Kind, watch: RegistryWatch): RegistryWatch {
  if (kind.conversion === undefined) return watch;
  const present = (signal: WatchSignal): WatchSignal =>
    'encoded' in signal ? { ...signal, encoded: presentedAs(kind, signal.encoded as CachedObject) } : signal;
  const cachedIn = (batch: readonly WatchSignal[]): readonly CachedObject[] =>
    batch.flatMap((signal) => ('encoded' in signal ? [signal.encoded as CachedObject] : []));
  return {
    close: () => watch.close(),
    async *[Symbol.asyncIterator]() {
      for await (const batch of watch) {
        await askFor(kind, cachedIn(batch));
        yield batch.map(present);
      }
    },
  };
}
