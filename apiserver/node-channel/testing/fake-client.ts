import type { ApiObject, KindName, KindTypes, StoredObject } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { alreadyExists, conflict, notFound } from '../../../shared/status-error';
import type { Client, DeleteCallOptions, ObjectChange, ObjectKey, ServedKinds, View } from '../../registry/client';
import { keyString } from '../../registry/client';

type AnyKind = KindTypes[KindName];

interface KindState {
  readonly objects: Map<string, StoredObject>;
  readonly handlers: Set<(change: ObjectChange<AnyKind>) => void>;
}

/** The in-process API without validation and store: objects in a map, one revision for all, views told at once. */
export class FakeClient implements Client {
  revision = 100;
  private readonly states = new Map<KindName, KindState>();
  /** Writes that changed something, as `update Pod default/web`. */
  readonly writes: string[] = [];
  private failures: { readonly verb: string; readonly error: Error }[] = [];

  readonly kinds: ServedKinds = {
    names: () => [...this.states.keys()],
    nameOf: (_apiVersion, kind) => [...this.states.keys()].find((name) => name === kind),
    resourceOf: (name) => ({ group: '', resource: name }),
    onChange: () => () => undefined,
  };

  onAnyChange(handler: (change: ObjectChange<AnyKind>) => void): () => void {
    const ends = [...this.states.values()].map(({ handlers }) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    });
    return () => ends.forEach((end) => end());
  }

  /** The next write of this verb throws. */
  failNext(verb: 'create' | 'update' | 'delete', error: Error): void {
    this.failures.push({ verb, error });
  }

  view<K extends KindName>(kind: K): View<KindTypes[K]> {
    const state = this.state(kind);
    const revision = (): string => String(this.revision);
    return {
      get: (key) => state.objects.get(keyString(key)) as KindTypes[K] | undefined,
      hasUid: (uid) => [...state.objects.values()].some(({ metadata }) => metadata.uid === uid),
      list: ({ namespace, ownedBy, where } = {}) =>
        ([...state.objects.values()] as unknown as KindTypes[K][]).filter(
          (object) =>
            (namespace === undefined || object.metadata.namespace === namespace) &&
            (ownedBy === undefined || object.metadata.ownerReferences?.some(({ uid }) => uid === ownedBy) === true) &&
            (where?.(object) ?? true),
        ),
      get resourceVersion() {
        return revision();
      },
      onChange: (handler) => {
        const typed = handler as unknown as (change: ObjectChange<AnyKind>) => void;
        state.handlers.add(typed);
        return () => state.handlers.delete(typed);
      },
    };
  }

  async get<K extends KindName>(kind: K, key: ObjectKey): Promise<KindTypes[K]> {
    await Promise.resolve();
    const found = this.view(kind).get(key);
    if (found === undefined) throw notFound(resourceOf(kind), key.name);
    return found;
  }

  async create<K extends KindName>(kind: K, object: ApiObject): Promise<KindTypes[K]> {
    await this.turn('create');
    const name = object.metadata?.name ?? '';
    const namespace = object.metadata?.namespace;
    const key = keyString({ namespace, name });
    if (this.state(kind).objects.has(key)) throw alreadyExists(resourceOf(kind), name);
    const metadata = { uid: `uid-${name}-${this.revision + 1}`, ...object.metadata, name };
    return this.store(kind, key, { ...object, apiVersion: object.apiVersion ?? 'v1', kind, metadata }, 'create');
  }

  update<K extends KindName>(kind: K, object: KindTypes[K]): Promise<KindTypes[K]> {
    return this.modify(kind, object.metadata, () => object);
  }

  updateStatus<K extends KindName>(kind: K, object: KindTypes[K]): Promise<KindTypes[K]> {
    return this.modify(kind, object.metadata, () => object, { subresource: 'status' });
  }

  async modify<K extends KindName>(
    kind: K,
    key: ObjectKey,
    change: (object: KindTypes[K]) => KindTypes[K] | undefined,
    options: { readonly subresource?: 'status'; readonly uid?: string } = {},
  ): Promise<KindTypes[K]> {
    const current = await this.get(kind, key);
    if (options.uid !== undefined && options.uid !== current.metadata.uid) {
      throw conflict(resourceOf(kind), key.name, 'another uid');
    }
    const wanted = change(structuredClone(current));
    if (wanted === undefined) return current;
    await this.turn('update');
    const latest = (await this.get(kind, key)) as unknown as StoredObject;
    const next =
      options.subresource === 'status'
        ? { ...latest, status: Reflect.get(wanted, 'status') as unknown }
        : { ...(wanted as unknown as StoredObject), status: latest['status'] };
    return this.store(kind, keyString(key), next, `update${options.subresource === undefined ? '' : ' status'}`);
  }

  patch<K extends KindName>(): Promise<KindTypes[K]> {
    return Promise.reject(new Error('the node channel does not patch'));
  }

  async delete<K extends KindName>(kind: K, key: ObjectKey, options: DeleteCallOptions = {}): Promise<void> {
    await this.turn('delete');
    const current = await this.get(kind, key);
    const uid = options.preconditions?.uid;
    if (uid !== undefined && uid !== current.metadata.uid) throw conflict(resourceOf(kind), key.name, 'another uid');
    if (kind === 'Pod' && options.gracePeriodSeconds !== 0) {
      const metadata = { ...current.metadata, deletionTimestamp: toTimestamp(0) };
      this.store(kind, keyString(key), { ...(current as unknown as StoredObject), metadata }, 'update');
      return;
    }
    this.state(kind).objects.delete(keyString(key));
    const metadata = { ...current.metadata, resourceVersion: String(++this.revision) };
    this.tell(kind, { type: 'DELETED', object: { ...current, metadata } as AnyKind, previous: current as AnyKind });
    this.writes.push(`delete ${kind} ${keyString(key)}`);
  }

  async bind(pod: ObjectKey, binding: { readonly nodeName: string; readonly uid: string }): Promise<void> {
    const { nodeName, uid } = binding;
    await this.modify('Pod', pod, (current) => ({ ...current, spec: { ...current.spec, nodeName } }), { uid });
  }

  /** No kind has a scale here. */
  scale(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  setScale(kind: KindName, key: ObjectKey): Promise<never> {
    return Promise.reject(notFound({ group: '', resource: kind }, key.name));
  }

  private store<K extends KindName>(
    kind: K,
    key: string,
    object: StoredObject | ApiObject,
    verb: string,
  ): KindTypes[K] {
    const { objects } = this.state(kind);
    const previous = objects.get(key);
    const metadata = { ...object.metadata, resourceVersion: String(++this.revision) };
    const stored = { ...object, metadata } as unknown as StoredObject;
    objects.set(key, stored);
    this.writes.push(`${verb} ${kind} ${key}`);
    this.tell(kind, {
      type: previous === undefined ? 'ADDED' : 'MODIFIED',
      object: stored as unknown as AnyKind,
      ...(previous === undefined ? {} : { previous: previous as unknown as AnyKind }),
    });
    return stored as unknown as KindTypes[K];
  }

  private tell(kind: KindName, change: ObjectChange<AnyKind>): void {
    for (const handler of this.state(kind).handlers) handler(change);
  }

  private async turn(verb: string): Promise<void> {
    await Promise.resolve();
    const index = this.failures.findIndex((failure) => failure.verb === verb);
    const [failure] = index < 0 ? [] : this.failures.splice(index, 1);
    if (failure !== undefined) throw failure.error;
  }

  private state(kind: KindName): KindState {
    const known = this.states.get(kind);
    if (known !== undefined) return known;
    const state: KindState = { objects: new Map(), handlers: new Set() };
    this.states.set(kind, state);
    return state;
  }
}

const resourceOf = (kind: KindName): { group: string; resource: string } => ({
  group: '',
  resource: `${kind.toLowerCase()}s`,
});
