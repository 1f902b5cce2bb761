import type { NetworkChange, NetworkService, NetworkSlice } from '../../shared/wire/network';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

export const keyOf = ({ namespace, name }: Named): string => `${namespace}/${name}`;

/** The Services of the cluster and who stands behind them, as the server last told. */
export class NetworkState {
  private readonly services = new Map<string, NetworkService>();
  private readonly slices = new Map<string, NetworkSlice>();
  /** Keys of slices by key of the Service. */
  private readonly slicesByService = new Map<string, Set<string>>();

  /** Returns the keys of the Services that are no longer what they were, gone ones among them. */
  apply(change: NetworkChange): ReadonlySet<string> {
    const affected = new Set<string>();
    if (change.kind === 'snapshot') {
      const services = new Set(change.services.map(keyOf));
      const slices = new Set(change.slices.map(keyOf));
      for (const key of [...this.services.keys()]) if (!services.has(key)) this.removeService(key, affected);
      for (const key of [...this.slices.keys()]) if (!slices.has(key)) this.removeSlice(key, affected);
    }
    for (const key of change.removedServices) this.removeService(key, affected);
    for (const key of change.removedSlices) this.removeSlice(key, affected);
    for (const service of change.services) {
      this.services.set(keyOf(service), service);
      affected.add(keyOf(service));
    }
    for (const slice of change.slices) {
      const key = keyOf(slice);
      this.removeSlice(key, affected);
      this.slices.set(key, slice);
      const owner = ownerOf(slice);
      const siblings = this.slicesByService.get(owner) ?? new Set<string>();
      this.slicesByService.set(owner, siblings.add(key));
      affected.add(owner);
    }
    return affected;
  }

  service(key: string): NetworkService | undefined {
    return this.services.get(key);
  }

  allServices(): Iterable<NetworkService> {
    return this.services.values();
  }

  slicesOf(service: string): readonly NetworkSlice[] {
    return [...(this.slicesByService.get(service) ?? [])].flatMap((key) => this.slices.get(key) ?? []);
  }

  private removeService(key: string, affected: Set<string>): void {
    if (this.services.delete(key)) affected.add(key);
  }

  private removeSlice(key: string, affected: Set<string>): void {
    const slice = this.slices.get(key);
    if (slice === undefined) return;
    const owner = ownerOf(slice);
    this.slices.delete(key);
    const siblings = this.slicesByService.get(owner);
    siblings?.delete(key);
    if (siblings?.size === 0) this.slicesByService.delete(owner);
    affected.add(owner);
  }
}

const ownerOf = ({ namespace, service }: NetworkSlice): string => `${namespace}/${service}`;
