import type { IngressCertificate, IngressChange, NetworkIngress, StreamPort } from '../../shared/wire/ingress';

const keyOf = ({ namespace, name }: NetworkIngress): string => `${namespace}/${name}`;

/** What the server last told of Ingresses. */
export class IngressState {
  private readonly byKey = new Map<string, NetworkIngress>();
  private readonly bySecret = new Map<string, IngressCertificate>();
  private streamPorts: readonly StreamPort[] = [];

  apply(change: IngressChange): void {
    if (change.kind === 'snapshot') {
      this.byKey.clear();
      this.bySecret.clear();
    }
    for (const key of change.removedIngresses) this.byKey.delete(key);
    for (const key of change.removedCertificates) this.bySecret.delete(key);
    for (const ingress of change.ingresses) this.byKey.set(keyOf(ingress), ingress);
    for (const certificate of change.certificates) this.bySecret.set(certificate.secret, certificate);
    this.streamPorts = change.streams;
  }

  /** The oldest first: where two want the same, the first has it. */
  get ingresses(): readonly NetworkIngress[] {
    return [...this.byKey.values()].sort((a, b) => a.createdAtMs - b.createdAtMs || (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  get certificates(): ReadonlyMap<string, IngressCertificate> {
    return this.bySecret;
  }

  get streams(): readonly StreamPort[] {
    return this.streamPorts;
  }

  get isEmpty(): boolean {
    return this.byKey.size === 0 && this.streamPorts.length === 0;
  }
}
