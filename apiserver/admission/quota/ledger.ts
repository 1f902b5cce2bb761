import type { ResourceQuota, StoredObject } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import type { KindList } from '../../kinds/kind-list';
import type { ObjectChange, ObjectKey } from '../../registry/client';
import type { ObjectCache } from '../../registry/object-cache';
import { prefixOf, resourceOf } from '../../registry/store-keys';
import { QuotaAccount } from './account';

const QUOTAS = 'resourcequotas';
const NONE: readonly QuotaAccount[] = [];

/**
 * What is taken of every quota, kept up with each change that the cache shows, so that deciding about a write looks at no
 * other object. Namespaces without a quota cost one look-up.
 */
export class QuotaLedger {
  private readonly accounts = new Map<string, Map<string, QuotaAccount>>();

  constructor(
    private readonly cache: ObjectCache,
    private readonly kinds: KindList,
    private readonly clock: Clock,
  ) {
    for (const { object } of cache.of(QUOTAS).list('')) this.open(object);
    cache.onAnyChange((change) => this.follow(change));
  }

  /** The accounts of a namespace's quotas, by the names of the quotas. */
  accountsOf(namespace: string | undefined): readonly QuotaAccount[] {
    const accounts = namespace === undefined ? undefined : this.accounts.get(namespace);
    if (accounts === undefined) return NONE;
    return [...accounts.values()].sort((a, b) => (a.quota.metadata.name < b.quota.metadata.name ? -1 : 1));
  }

  find({ namespace = '', name }: ObjectKey): QuotaAccount | undefined {
    return this.accounts.get(namespace)?.get(name);
  }

  /** Counts everything anew: pods that should be gone long since are counted no more, and what went wrong is mended. */
  recount({ namespace = '', name }: ObjectKey): void {
    const account = this.find({ namespace, name });
    if (account !== undefined) this.count(account, namespace);
  }

  private count(account: QuotaAccount, namespace: string): void {
    account.recount(this.objectsFor(account, namespace), this.clock.now());
  }

  private *objectsFor(
    { resources }: QuotaAccount,
    namespace: string,
  ): Generator<{ readonly resource: string; readonly object: StoredObject }> {
    for (const resource of resources) {
      const prefix = prefixOf(named(resource), namespace);
      for (const { object } of this.cache.of(resource).list(prefix)) yield { resource, object };
    }
  }

  private follow({ type, object }: ObjectChange<StoredObject>): void {
    const { namespace, uid } = object.metadata;
    if (namespace === undefined) return;
    if (object.kind === 'ResourceQuota' && object.apiVersion === 'v1') {
      if (type === 'DELETED') this.close(namespace, object.metadata.name);
      else this.open(object);
    }
    const accounts = this.accounts.get(namespace);
    if (accounts === undefined) return;
    const name = type === 'DELETED' ? undefined : this.kinds.nameOf(object.apiVersion, object.kind);
    const resource = name === undefined ? undefined : resourceOf(this.kinds.require(name));
    for (const account of accounts.values()) {
      if (resource === undefined) account.forget(uid);
      else account.charge(resource, object, this.clock.now());
    }
  }

  /** A quota that only got another status keeps its account. */
  private open(object: StoredObject): void {
    const quota = object as unknown as ResourceQuota;
    const { namespace, name, uid } = quota.metadata;
    const known = this.find({ namespace, name });
    const isSame = known?.quota.metadata.uid === uid;
    if (isSame && isSameJson(known?.quota.spec, quota.spec)) return;
    const account = isSame && known !== undefined ? known : new QuotaAccount(quota);
    account.adopt(quota);
    const accounts = this.accounts.get(namespace) ?? new Map<string, QuotaAccount>();
    this.accounts.set(namespace, accounts.set(name, account));
    this.count(account, namespace);
  }

  private close(namespace: string, name: string): void {
    const accounts = this.accounts.get(namespace);
    accounts?.delete(name);
    if (accounts?.size === 0) this.accounts.delete(namespace);
  }
}

/** A resource as far as it says where its objects are stored. */
function named(resource: string): { readonly group: string; readonly plural: string } {
  const dot = resource.indexOf('.');
  return dot < 0 ? { group: '', plural: resource } : { group: resource.slice(dot + 1), plural: resource.slice(0, dot) };
}
