import type { ConfigMap, Secret } from '../../shared/api/objects';
import type { ObjectRef } from '../../shared/wire/node-channel';

/** ConfigMaps and Secrets that the node's pods refer to. */
export interface ConfigSource {
  /** Undefined where it does not exist. Throws a StatusError while it cannot be known (no server). */
  get(ref: ObjectRef): Promise<ConfigMap | Secret | undefined>;
}

/** The pod's configuration cannot be put together as it stands; the message is fit for its status. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const isConfigMap = (ref: ObjectRef, _object: ConfigMap | Secret): _object is ConfigMap => ref.kind === 'ConfigMap';

/** All keys of the object, as bytes. */
export function entriesOf(ref: ObjectRef, object: ConfigMap | Secret): ReadonlyMap<string, Buffer> {
  const entries = new Map<string, Buffer>();
  if (isConfigMap(ref, object)) {
    for (const [key, text] of Object.entries(object.data ?? {})) entries.set(key, Buffer.from(text, 'utf8'));
    for (const [key, base64] of Object.entries(object.binaryData ?? {}))
      entries.set(key, Buffer.from(base64, 'base64'));
  } else {
    for (const [key, base64] of Object.entries(object.data ?? {})) entries.set(key, Buffer.from(base64, 'base64'));
  }
  return entries;
}

/** The object's entries; undefined where it is missing and may be. */
export async function readEntries(
  source: ConfigSource,
  ref: ObjectRef,
  optional: boolean,
): Promise<ReadonlyMap<string, Buffer> | undefined> {
  const object = await source.get(ref);
  if (object !== undefined) return entriesOf(ref, object);
  if (optional) return undefined;
  throw new ConfigError(`${ref.kind.toLowerCase()} "${ref.name}" not found`);
}
