import type { ResourceQuota, StoredObject } from '../../../shared/api/objects';
import type { Resources } from '../../../shared/pod/pod-resources';
import type { Quantity } from '../../../shared/quantity';
import { addQuantities, compareQuantities, formatQuantity, parseQuantity } from '../../../shared/quantity';
import { isInScope } from './scopes';
import { Totals } from './totals';
import { resourceTaking, usageOf } from './usage';

const NOTHING: Resources = new Map();

/** What a write under way takes, until it is known how it ended. */
export interface Hold {
  readonly uid: string;
  readonly amounts: Resources;
}

/**
 * One quota with what is taken of it: by every object of its namespace as it is stored, and by the writes under way. A
 * write's hold ends when the object is seen changed: either that is the write, or the write is going to fail because of
 * it, since it expects the object as it was.
 */
export class QuotaAccount {
  /** What of the hard limits the objects of a resource can take of, by the resource. */
  private names: ReadonlyMap<string, readonly string[]> = new Map();
  private hard: Resources = NOTHING;
  private readonly charges = new Map<string, Resources>();
  private readonly used = new Totals();
  private readonly held = new Totals();
  private readonly holds = new Map<string, Set<Hold>>();

  constructor(private present: ResourceQuota) {
    this.adopt(present);
  }

  get quota(): ResourceQuota {
    return this.present;
  }

  /** From now on these are the limits and scopes. What is taken has to be charged anew; holds stay. */
  adopt(quota: ResourceQuota): void {
    this.present = quota;
    this.hard = new Map(Object.entries(quota.spec?.hard ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
    const names = new Map<string, string[]>();
    for (const name of this.hard.keys()) {
      const resource = resourceTaking(name);
      if (resource !== undefined) names.set(resource, [...(names.get(resource) ?? []), name]);
    }
    this.names = names;
  }

  /** The resources whose objects take of it. */
  get resources(): Iterable<string> {
    return this.names.keys();
  }

  /** The names of the limits that objects of this resource can take of. */
  namesFor(resource: string): readonly string[] {
    return this.names.get(resource) ?? [];
  }

  isAbout(resource: string, object: StoredObject): boolean {
    return this.names.has(resource) && isInScope(this.quota.spec ?? {}, resource, object);
  }

  /** `status.used`: every limit with what the stored objects take of it. */
  usedTexts(): Record<string, string> {
    return Object.fromEntries([...this.hard.keys()].map((name) => [name, formatQuantity(this.used.of(name))]));
  }

  /** Takes note that an object has changed, and is stored like this. */
  charge(resource: string, object: StoredObject, nowMs: number): void {
    this.forget(object.metadata.uid);
    this.count(resource, object, nowMs);
  }

  /** Takes note that an object is gone. */
  forget(uid: string): void {
    for (const hold of this.holds.get(uid) ?? []) this.release(hold);
    const charged = this.charges.get(uid);
    if (charged === undefined) return;
    this.charges.delete(uid);
    this.used.subtract(charged);
  }

  /** Counts the stored objects anew. Holds stay. */
  recount(objects: Iterable<{ readonly resource: string; readonly object: StoredObject }>, nowMs: number): void {
    this.charges.clear();
    this.used.clear();
    for (const { resource, object } of objects) this.count(resource, object, nowMs);
  }

  /** What the object would take more than it takes now. */
  growth(resource: string, object: StoredObject, nowMs: number): Resources {
    const before = this.charges.get(object.metadata.uid) ?? NOTHING;
    const growth = new Map<string, Quantity>();
    for (const [name, quantity] of this.usageOf(resource, object, nowMs)) {
      const nanos = quantity.nanos - (before.get(name)?.nanos ?? 0n);
      if (nanos > 0n) growth.set(name, { nanos, format: quantity.format });
    }
    return growth;
  }

  /** Kubernetes' text where so much more does not fit; undefined where it does. */
  excess(growth: Resources): string | undefined {
    const exceeded = [...growth]
      .flatMap(([name, requested]) => {
        const [used, limited] = [addQuantities(this.used.of(name), this.held.of(name)), this.hard.get(name)];
        const isExceeded = limited !== undefined && compareQuantities(addQuantities(used, requested), limited) > 0;
        return isExceeded ? [{ name, requested, used, limited }] : [];
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    if (exceeded.length === 0) return undefined;
    const list = (column: 'requested' | 'used' | 'limited'): string =>
      exceeded.map((each) => `${each.name}=${formatQuantity(each[column])}`).join(',');
    const { name } = this.quota.metadata;
    return `exceeded quota: ${name}, requested: ${list('requested')}, used: ${list('used')}, limited: ${list('limited')}`;
  }

  hold(uid: string, amounts: Resources): Hold {
    const hold = { uid, amounts };
    const holds = this.holds.get(uid);
    if (holds === undefined) this.holds.set(uid, new Set([hold]));
    else holds.add(hold);
    this.held.add(amounts);
    return hold;
  }

  /** Idempotent. */
  release(hold: Hold): void {
    const holds = this.holds.get(hold.uid);
    if (holds?.delete(hold) !== true) return;
    if (holds.size === 0) this.holds.delete(hold.uid);
    this.held.subtract(hold.amounts);
  }

  private count(resource: string, object: StoredObject, nowMs: number): void {
    const usage = this.usageOf(resource, object, nowMs);
    if (usage.size === 0) return;
    this.charges.set(object.metadata.uid, usage);
    this.used.add(usage);
  }

  /** What an object takes of the limits that there are. */
  private usageOf(resource: string, object: StoredObject, nowMs: number): Resources {
    if (!this.isAbout(resource, object)) return NOTHING;
    const usage = usageOf(resource, object, nowMs);
    return new Map([...usage].filter(([name, { nanos }]) => nanos > 0n && this.hard.has(name)));
  }
}
