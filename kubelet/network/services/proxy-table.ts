import type { NetworkState } from '../network-state';
import type { Frontend, ProxyNode } from './frontend';
import { frontendKey, frontendsOf } from './frontend';

/** What is to be in the kernel. Two Services that claim one address and port: the first by name has it. */
export class ProxyTable {
  /** By frontend, then by Service. */
  private readonly claims = new Map<string, Map<string, Frontend>>();
  private readonly keysOfService = new Map<string, readonly string[]>();
  /** Endpoints on this node, by Service. */
  private readonly localByService = new Map<string, readonly string[]>();

  constructor(
    private readonly state: NetworkState,
    private readonly node: ProxyNode,
  ) {}

  /** Plans these Services anew; returns the frontends that may have changed. */
  update(services: Iterable<string>): ReadonlySet<string> {
    const changed = new Set<string>();
    for (const key of services) {
      for (const old of this.keysOfService.get(key) ?? []) {
        changed.add(old);
        const claims = this.claims.get(old);
        claims?.delete(key);
        if (claims?.size === 0) this.claims.delete(old);
      }
      this.keysOfService.delete(key);
      this.localByService.delete(key);
      this.claim(key, changed);
    }
    return changed;
  }

  get(key: string): Frontend | undefined {
    const claims = this.claims.get(key);
    if (claims === undefined) return undefined;
    const [first] = [...claims.keys()].sort();
    return claims.get(first ?? '');
  }

  keys(): Iterable<string> {
    return this.claims.keys();
  }

  /** Addresses of endpoints that run on this node. */
  localAddresses(): ReadonlySet<string> {
    return new Set([...this.localByService.values()].flat());
  }

  private claim(key: string, changed: Set<string>): void {
    const service = this.state.service(key);
    if (service === undefined) return;
    const slices = this.state.slicesOf(key);
    const frontends = frontendsOf(service, slices, this.node);
    for (const frontend of frontends) {
      const claimed = frontendKey(frontend);
      changed.add(claimed);
      const claims = this.claims.get(claimed) ?? new Map<string, Frontend>();
      this.claims.set(claimed, claims.set(key, frontend));
    }
    this.keysOfService.set(key, frontends.map(frontendKey));
    const local = slices.flatMap(({ endpoints }) =>
      endpoints.filter(({ nodeName }) => nodeName === this.node.nodeName).map(({ address }) => address),
    );
    if (local.length > 0) this.localByService.set(key, local);
  }
}
