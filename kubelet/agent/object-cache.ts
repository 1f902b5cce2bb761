import type { ConfigMap, Secret } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import type { ObjectChanged, ObjectRef } from '../../shared/wire/node-channel';
import type { ConfigSource } from '../environment/config-source';

const keyOf = ({ kind, namespace, name }: ObjectRef): string => `${kind}/${namespace}/${name}`;

interface Entry {
  readonly object: ConfigMap | Secret | undefined;
  /** The connection it was learned on is gone: it may have changed since. */
  isStale: boolean;
}

/**
 * ConfigMaps and Secrets of this node's pods, in memory only. What the server pushes is fresh until the connection
 * breaks; after that it is asked for again, and used as it is while no server answers.
 */
export class ObjectCache implements ConfigSource {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly fetch: (ref: ObjectRef) => Promise<ConfigMap | Secret | undefined>) {}

  async get(ref: ObjectRef): Promise<ConfigMap | Secret | undefined> {
    const key = keyOf(ref);
    const known = this.entries.get(key);
    // An absent object is always asked for again: nobody waits longer than needed for the one that was just created.
    if (known?.isStale === false && known.object !== undefined) return known.object;
    try {
      const object = await this.fetch(ref);
      this.entries.set(key, { object, isStale: false });
      return object;
    } catch (error) {
      if (!(error instanceof StatusError && error.retryable)) throw error;
      if (known?.object !== undefined) return known.object;
      const what = `${ref.kind.toLowerCase()} "${ref.name}"`;
      throw new StatusError(error.reason, `${what} is not known on this node: ${error.message}`, error.details, {
        cause: error,
      });
    }
  }

  accept({ ref, object }: ObjectChanged): void {
    this.entries.set(keyOf(ref), { object: object ?? undefined, isStale: false });
  }

  markStale(): void {
    for (const entry of this.entries.values()) entry.isStale = true;
  }
}
