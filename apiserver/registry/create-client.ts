import type { ApiObject, KindName, KindTypes, Scale, StoredObject } from '../../shared/api/objects';
import { conflict, isConflict } from '../../shared/status-error';
import { SYSTEM_USER } from '../auth/user';
import type { Kind, WritableSubresource } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import type { Client, ObjectChange, ServedKinds, View } from './client';
import { keyOf } from './client';
import type { GenericRegistry } from './generic-registry';
import { prefixOf, resourceOf, storeKeyOf } from './store-keys';

const MODIFY_ATTEMPTS = 10;
const OPTIONS = { user: SYSTEM_USER, fieldValidation: 'Ignore' } as const;

/** The registry for our own loops: typed, without HTTP, as the system user. */
export function createClient(registry: GenericRegistry): Client {
  const { kinds } = registry;
  const statusOf = (options?: { readonly subresource?: WritableSubresource }) =>
    options?.subresource === undefined ? OPTIONS : { ...OPTIONS, subresource: options.subresource };

  // Asked for on each request: made once. A kind that comes anew is another kind.
  const views = new WeakMap<Kind, View<KindTypes[KindName]>>();
  const viewIn = <K extends KindName>(name: K): View<KindTypes[K]> => {
    const kind = kinds.require(name);
    const known = views.get(kind) ?? (viewOf(registry, kind) as View<KindTypes[KindName]>);
    views.set(kind, known);
    return known as unknown as View<KindTypes[K]>;
  };
  const client: Client = {
    kinds: servedKinds(kinds),
    onAnyChange: (handler) => registry.cache.onAnyChange((change) => handler(change as never)),
    view: viewIn,
    get: async (name, key) => typed((await registry.get(kinds.require(name), key)).object),
    create: async (name, object) =>
      typed((await registry.create(kinds.require(name), object.metadata?.namespace, object, OPTIONS)).object),
    update: async (name, object) =>
      typed((await registry.update(kinds.require(name), keyOf(object), asObject(object), OPTIONS)).object),
    updateStatus: async (name, object) =>
      typed(
        (
          await registry.update(
            kinds.require(name),
            keyOf(object),
            asObject(object),
            statusOf({ subresource: 'status' }),
          )
        ).object,
      ),
    async modify(name, key, change, options) {
      const kind = kinds.require(name);
      for (let attempt = 1; ; attempt += 1) {
        const { object } = await registry.get(kind, key);
        if (options?.uid !== undefined && options.uid !== object.metadata.uid) {
          throw conflict(
            { group: kind.group, resource: kind.plural },
            key.name,
            `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${object.metadata.uid}`,
          );
        }
        const changed = change(typed(structuredClone(object)));
        if (changed === undefined) return typed(object);
        try {
          return typed((await registry.update(kind, key, asObject(changed), statusOf(options))).object);
        } catch (error) {
          if (!isConflict(error) || attempt >= MODIFY_ATTEMPTS) throw error;
        }
      }
    },
    patch: async (name, key, patch, options) =>
      typed((await registry.patch(kinds.require(name), key, patch, statusOf(options))).object),
    async scale(name, key) {
      const kind = kinds.require(name);
      return kind.scale === undefined ? undefined : asScale(await registry.scale(kind, key));
    },
    async setScale(name, key, replicas) {
      const change = { type: 'merge', body: { spec: { replicas } } } as const;
      return asScale((await registry.changeScale(kinds.require(name), key, change, OPTIONS)).scale);
    },
    async delete(name, key, options = {}) {
      await registry.delete(kinds.require(name), key, { user: SYSTEM_USER, ...options });
    },
    async bind(pod, binding) {
      await registry.bindTo(pod, binding, OPTIONS);
    },
  };
  return client;
}

const servedKinds = (kinds: KindList): ServedKinds => ({
  // The compiler knows the built-in names only; a custom name is one that `require` finds.
  names: ({ namespaced } = {}) => kinds.names(namespaced) as readonly KindName[],
  nameOf: (apiVersion, kind) => kinds.nameOf(apiVersion, kind) as KindName | undefined,
  resourceOf(name) {
    const { group, plural } = kinds.require(name);
    return { group, resource: plural };
  },
  onChange: (handler) => kinds.onChange(handler),
});

// What the registry stores under a kind has passed that kind's schema: the names below only say so to the compiler.
const typed = <K extends KindName>(object: StoredObject): KindTypes[K] => object as unknown as KindTypes[K];
const asScale = (object: StoredObject): Scale => object as unknown as Scale;
const asObject = (object: KindTypes[KindName]): ApiObject => object as unknown as ApiObject;

function viewOf<K extends KindName>(registry: GenericRegistry, kind: Kind): View<KindTypes[K]> {
  const cache = registry.cache.of(resourceOf(kind));
  return {
    get(key) {
      const found = cache.get(storeKeyOf(kind, key));
      return found === undefined ? undefined : typed<K>(found.object);
    },
    hasUid: (uid) => cache.hasUid(uid),
    list({ namespace, ownedBy, controlled, where } = {}) {
      const objects: KindTypes[K][] = [];
      const prefix = prefixOf(kind, namespace);
      const found =
        ownedBy !== undefined
          ? cache.listOwned(ownedBy, prefix)
          : controlled === false
            ? cache.listOrphans(prefix)
            : cache.list(prefix);
      for (const { object } of found) {
        const each = typed<K>(object);
        if (where === undefined || where(each)) objects.push(each);
      }
      return objects;
    },
    get resourceVersion() {
      return String(registry.cache.revision);
    },
    onChange: (handler) => cache.onChange((change) => handler(change as unknown as ObjectChange<KindTypes[K]>)),
  };
}
