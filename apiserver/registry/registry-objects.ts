import type { StoredObject } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import { notFound } from '../../shared/status-error';
import type { AdmissionPlugin, AdmissionRequest, Lookup } from '../admission/admission';
import type { OutsideAdmission } from '../admission/outside-admission';
import type { QuotaLedger } from '../admission/quota/ledger';
import type { Kind, WritableSubresource } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import type { Decoder } from '../openapi/decode';
import type { Schemas } from '../openapi/schemas';
import type { Compare, Store } from '../store/store';
import type { ObjectKey } from './client';
import { FieldTracking } from './field-tracking';
import type { ObjectCache } from './object-cache';
import type { WriteOptions } from './registry';
import type { ObjectWriter } from './object-writer';
import { prefixOf, resourceOf, storeKeyOf } from './store-keys';
import type { CachedObject } from './stored-object';
import { fromStoreError } from './store-errors';
import { askFor, presentedAs, storedAs } from './versions';

/** How often a write is tried again after somebody else's came first, before the client is told. */
export const ATTEMPTS = 10;

export interface RegistryParts {
  readonly store: Store;
  readonly cache: ObjectCache;
  readonly writer: ObjectWriter;
  readonly kinds: KindList;
  readonly schemas: Schemas;
  readonly decoder: Decoder;
  readonly quotas: QuotaLedger;
  readonly plugins: readonly AdmissionPlugin[];
  /** Asked after the plugins have filled an object, and again before it is written. */
  readonly outside: OutsideAdmission;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** The objects of every kind, in the version that a request asks for, and what every write needs to know. */
export class RegistryObjects {
  readonly tracking: FieldTracking;
  private readonly lookup: Lookup;

  constructor(readonly parts: RegistryParts) {
    this.lookup = lookupIn(parts);
    this.tracking = new FieldTracking(parts.schemas, parts.clock);
  }

  /** To be awaited before an object is looked for that may have to be converted outside. */
  ready(kind: Kind, key: ObjectKey): Promise<void> | undefined {
    if (kind.conversion?.ask === undefined) return undefined;
    const found = this.stored(kind, key);
    return found === undefined ? undefined : askFor(kind, [found]);
  }

  private stored(kind: Kind, key: ObjectKey): CachedObject | undefined {
    return this.parts.cache.of(resourceOf(kind)).get(storeKeyOf(kind, key));
  }

  /** After `ready`. */
  find(kind: Kind, key: ObjectKey): CachedObject | undefined {
    const found = this.stored(kind, key);
    return found === undefined ? undefined : presentedAs(kind, found);
  }

  /** After `ready`. Throws NotFound. */
  existing(kind: Kind, key: ObjectKey): CachedObject {
    const found = this.find(kind, key);
    if (found === undefined) throw notFound({ group: kind.group, resource: kind.plural }, key.name);
    return found;
  }

  /** Undefined where the object, or one of the keys in `also`, is not as expected any more. */
  async put(
    kind: Kind,
    storeKey: string,
    object: StoredObject,
    expected: CachedObject | undefined,
    also: readonly Compare[] = [],
  ): Promise<CachedObject | undefined> {
    const stored = kind.conversion === undefined ? object : await storedAs(kind, object);
    const written = await this.parts.writer.put(kind, storeKey, stored, expected, { also });
    if (written === undefined) return undefined;
    await askFor(kind, [written]);
    return presentedAs(kind, written);
  }

  /** `warnings`: where what the plugins say besides goes. */
  request(
    kind: Kind,
    {
      user,
      subresource,
      dryRun = false,
      annotate,
    }: Pick<WriteOptions, 'user' | 'dryRun' | 'annotate'> & { readonly subresource?: WritableSubresource },
    warnings: string[] = [],
  ): AdmissionRequest {
    return {
      kind,
      user,
      lookup: this.lookup,
      dryRun,
      ...(subresource === undefined ? {} : { subresource }),
      warn: (text) => void warnings.push(text),
      annotate: (key, text) => annotate?.(key, text),
    };
  }

  /** Writes while the plugins hold what the object takes. Throws their refusals. */
  async reserved<T>(
    request: AdmissionRequest,
    object: StoredObject,
    old: StoredObject | undefined,
    write: () => Promise<T> | T,
  ): Promise<T> {
    const releases: (() => void)[] = [];
    try {
      for (const plugin of this.parts.plugins) {
        const release = plugin.reserve?.(request, object, old);
        if (release !== undefined) releases.push(release);
      }
      return await write();
    } finally {
      for (const release of releases) release();
    }
  }
}

export function rethrow(error: unknown): never {
  throw fromStoreError(error);
}

function lookupIn({ cache, kinds }: Pick<RegistryParts, 'cache' | 'kinds'>): Lookup {
  // The cache holds under a kind's resource only objects of that kind, in the shape their schema was checked for.
  return {
    get: (name, key) => {
      const kind = kinds.require(name);
      return cache.of(resourceOf(kind)).get(storeKeyOf(kind, key))?.object as never;
    },
    list: (name, namespace) => {
      const kind = kinds.require(name);
      return [...cache.of(resourceOf(kind)).list(prefixOf(kind, namespace))].map(({ object }) => object) as never;
    },
  };
}
