import type { Logger } from '../../shared/logger';
import { makeKeys, readKeys } from './encryption/key-file';
import { EncryptionError, keyIdOf } from './encryption/key-ring';
import type { KeyRing } from './encryption/key-ring';
import type {
  KeyValue,
  LeaseId,
  ListAndWatch,
  ListAndWatchOptions,
  ListOptions,
  ListResult,
  Op,
  Store,
  StoreEvent,
  Transaction,
  TransactionResult,
  WatchBatch,
  WatchOptions,
  Watcher,
} from './store';

export interface EncryptionOptions {
  readonly keyFile: string;
  /** Make the file where it is missing and nothing is encrypted yet. */
  readonly makesKeyFile: boolean;
  /** Values under keys that begin so are encrypted when they are written. */
  readonly prefixes: readonly string[];
  readonly logger: Logger;
}

/**
 * Puts encryption between a store and what it keeps. Resolves when every value that is encrypted can be read. Throws
 * EncryptionError, which names the key and the object, before anything is served or written; the store is open then.
 */
export async function encryptStore(store: Store, options: EncryptionOptions): Promise<EncryptedStore> {
  const { keyFile, makesKeyFile, prefixes } = options;
  const keys = await readKeys(keyFile);
  if (keys !== undefined) {
    // In one piece: the registry reads it so as well, and pages would each look at all that is behind them.
    for (const { key, value } of (await store.list({ prefix: '' })).items) keys.decrypt(key, value);
    return new EncryptedStore(store, keys, prefixes);
  }
  if (!makesKeyFile) {
    throw new EncryptionError(`the key file ${keyFile} does not exist: make it, or leave out --encryption-key-file`);
  }
  for (const { key, value } of (await store.list({ prefix: '' })).items) {
    const id = keyIdOf(value);
    if (id !== undefined) {
      throw new EncryptionError(
        `${key} is encrypted with the key ${JSON.stringify(id)}, but the key file ${keyFile} is gone: put it back from where it is kept beside backups`,
      );
    }
  }
  const made = await makeKeys(keyFile);
  options.logger.info({ keyFile }, 'made a key for what is secret in the store: keep a copy of it, apart from backups');
  return new EncryptedStore(store, made, prefixes);
}

/**
 * A store whose values are encrypted where they are kept, for some keys. What was written in the clear, or with an older
 * key, can be read all the same. Everything else is the inner store's doing.
 */
export class EncryptedStore implements Store {
  private rotation: Promise<number> | undefined;
  private closing = false;

  constructor(
    private readonly inner: Store,
    private readonly keys: KeyRing,
    private readonly prefixes: readonly string[],
  ) {}

  get revision(): number {
    return this.inner.revision;
  }

  get compactedRevision(): number {
    return this.inner.compactedRevision;
  }

  async get(key: string, options?: { readonly revision?: number }): Promise<KeyValue | undefined> {
    const found = await this.inner.get(key, options);
    return found === undefined ? undefined : this.opened(found);
  }

  async list(options: ListOptions): Promise<ListResult> {
    return this.openedList(await this.inner.list(options));
  }

  watch(options: WatchOptions): Watcher {
    return this.openedWatcher(this.inner.watch(options));
  }

  async listAndWatch(options: ListAndWatchOptions): Promise<ListAndWatch> {
    const { snapshot, watcher, history } = await this.inner.listAndWatch(options);
    try {
      return {
        snapshot: this.openedList(snapshot),
        watcher: this.openedWatcher(watcher),
        history: history.map((event) => this.openedEvent(event)),
      };
    } catch (error) {
      watcher.close();
      throw error;
    }
  }

  async commit(transaction: Transaction): Promise<TransactionResult> {
    const result = await this.inner.commit({ ...transaction, ops: transaction.ops.map((op) => this.sealed(op)) });
    if (result.succeeded) return result;
    return { ...result, current: result.current.map((each) => (each === undefined ? undefined : this.opened(each))) };
  }

  grantLease(ttlMs: number): Promise<LeaseId> {
    return this.inner.grantLease(ttlMs);
  }

  renewLease(lease: LeaseId): Promise<void> {
    return this.inner.renewLease(lease);
  }

  revokeLease(lease: LeaseId): Promise<void> {
    return this.inner.revokeLease(lease);
  }

  compact(revision: number): Promise<void> {
    return this.inner.compact(revision);
  }

  /** As encrypted as the store itself. */
  backup(path: string): Promise<void> {
    return this.inner.backup(path);
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.rotation?.catch(() => undefined);
    await this.inner.close();
  }

  /**
   * Writes anew what is not encrypted with the current key, and forgets the history before that, so that older keys, and
   * what stood there in the clear, are needed no more. Resolves with how many values that were. A value that somebody
   * writes meanwhile is encrypted with the current key by that.
   */
  rotate(): Promise<number> {
    return (this.rotation ??= this.rewrite().finally(() => (this.rotation = undefined)));
  }

  private async rewrite(): Promise<number> {
    let rewritten = 0;
    for (const prefix of this.prefixes) {
      const { items } = await this.inner.list({ prefix });
      for (const { key, value, modRevision, lease } of items) {
        if (this.closing) return rewritten;
        if (this.keys.isCurrent(value)) continue;
        const sealed = this.keys.encrypt(key, this.keys.decrypt(key, value));
        const { succeeded } = await this.inner.commit({
          compares: [{ key, target: 'modRevision', equals: modRevision }],
          ops: [{ type: 'put', key, value: sealed, ...(lease === undefined ? {} : { lease }) }],
        });
        if (succeeded) rewritten += 1;
      }
    }
    if (rewritten > 0) await this.inner.compact(this.inner.revision);
    return rewritten;
  }

  private sealed(op: Op): Op {
    if (op.type !== 'put' || !this.prefixes.some((prefix) => op.key.startsWith(prefix))) return op;
    return { ...op, value: this.keys.encrypt(op.key, op.value) };
  }

  private opened(kv: KeyValue): KeyValue {
    const value = this.keys.decrypt(kv.key, kv.value);
    return value === kv.value ? kv : { ...kv, value };
  }

  private openedList(list: ListResult): ListResult {
    return { ...list, items: list.items.map((each) => this.opened(each)) };
  }

  private openedEvent(event: StoreEvent): StoreEvent {
    const kv = event.kv === undefined ? undefined : this.opened(event.kv);
    const previous = event.previous === undefined ? undefined : this.opened(event.previous);
    // Most events are not encrypted: they are handed on as they are.
    if (kv === event.kv && previous === event.previous) return event;
    return { ...event, ...(kv === undefined ? {} : { kv }), ...(previous === undefined ? {} : { previous }) };
  }

  private openedWatcher(watcher: Watcher): Watcher {
    const opened = (batch: WatchBatch): WatchBatch => ({
      ...batch,
      events: batch.events.map((event) => this.openedEvent(event)),
    });
    return {
      close: () => watcher.close(),
      async *[Symbol.asyncIterator]() {
        for await (const batch of watcher) yield opened(batch);
      },
    };
  }
}
