import type { Ingress } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type { IngressCertificate, IngressChange, NetworkIngress, StreamPort } from '../../shared/wire/ingress';
import { lookupOf } from '../ingress/backend';
import { certificateOf } from '../ingress/certificate';
import { isServed } from '../ingress/ingress-class';
import { ingressFactsOf } from '../ingress/ingress-facts';
import type { StreamMaps } from '../ingress/stream-ports';
import { streamPortsOf } from '../ingress/stream-ports';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf, keyString } from '../registry/client';
import { OnceATurn } from './once-a-turn';

/** On a Node: it serves no Ingresses. */
export const INGRESS_LABEL = 'pinsetter.io/ingress';

interface Subscriber {
  readonly nodeName: string;
  readonly send: (change: IngressChange) => void;
  isServing: boolean;
}

interface Told {
  readonly ingresses: ReadonlyMap<string, NetworkIngress>;
  readonly certificates: ReadonlyMap<string, IngressCertificate>;
  readonly streams: readonly StreamPort[];
}

const NOTHING: Told = { ingresses: new Map(), certificates: new Map(), streams: [] };

/**
 * Ingresses, as far as nodes serve them, to the nodes that do: with the certificates that they name and no others. Each
 * change is told once; which pods stand behind a Service is none of its business.
 */
export class IngressFeed {
  private readonly subscribers = new Set<Subscriber>();
  private readonly endings: (() => void)[];
  /** Whose Ingresses are to be looked at again; `all` where any may be. */
  private readonly dirty = new Set<string>();
  private isAllDirty = false;
  private told: Told;
  /** What changes in one turn is one message. */
  private readonly flushing = new OnceATurn(() => this.flush());

  constructor(private readonly deps: { readonly client: Client; readonly streamMaps: StreamMaps }) {
    const { client } = deps;
    const ofNamespace = ({
      object,
    }: {
      readonly object: { readonly metadata: { readonly namespace: string } };
    }): void => this.look(object.metadata.namespace);
    this.told = this.gather(() => true, NOTHING);
    this.endings = [
      client.view('Ingress').onChange(ofNamespace),
      client.view('Service').onChange(ofNamespace),
      client.view('EndpointSlice').onChange((change) => {
        // Only where pods are dialled by their own port does it matter which one that is.
        if (change.previous === undefined || !isSameJson(change.previous.ports, change.object.ports))
          ofNamespace(change);
      }),
      client.view('Secret').onChange(ofNamespace),
      client.view('ConfigMap').onChange(({ object }) => {
        if (this.isStreamMap(keyOf(object))) this.look(object.metadata.namespace);
      }),
      client.view('IngressClass').onChange(() => {
        this.isAllDirty = true;
        this.flushing.ask();
      }),
      client.view('Node').onChange(({ object }) => this.onNode(object.metadata.name)),
    ];
  }

  stop(): void {
    for (const end of this.endings) end();
    this.subscribers.clear();
  }

  /** Sends everything there is, and every change from then on; nothing but that there is nothing, while the node's label says so. */
  subscribe(nodeName: string, send: (change: IngressChange) => void): () => void {
    const subscriber: Subscriber = { nodeName, send, isServing: this.serves(nodeName) };
    this.subscribers.add(subscriber);
    send(snapshot(subscriber.isServing ? this.told : NOTHING));
    return () => this.subscribers.delete(subscriber);
  }

  private serves(nodeName: string): boolean {
    const node = this.deps.client.view('Node').get({ name: nodeName });
    return node?.metadata.labels?.[INGRESS_LABEL] !== 'false';
  }

  private onNode(nodeName: string): void {
    for (const subscriber of this.subscribers) {
      if (subscriber.nodeName !== nodeName) continue;
      const isServing = this.serves(nodeName);
      if (isServing === subscriber.isServing) continue;
      subscriber.isServing = isServing;
      subscriber.send(snapshot(isServing ? this.told : NOTHING));
    }
  }

  private isStreamMap(key: ObjectKey): boolean {
    const { TCP, UDP } = this.deps.streamMaps;
    return [...TCP, ...UDP].some(({ namespace, name }) => namespace === key.namespace && name === key.name);
  }

  private look(namespace: string): void {
    this.dirty.add(namespace);
    this.flushing.ask();
  }

  private flush(): void {
    const [isAll, namespaces] = [this.isAllDirty, new Set(this.dirty)];
    this.isAllDirty = false;
    this.dirty.clear();
    const before = this.told;
    this.told = this.gather((namespace) => isAll || namespaces.has(namespace), before);
    const change = difference(before, this.told);
    if (change === undefined) return;
    for (const { send, isServing } of this.subscribers) if (isServing) send(change);
  }

  /** Looks anew at the Ingresses of some namespaces; of the others what was told stays. */
  private gather(isLookedAt: (namespace: string) => boolean, before: Told): Told {
    const { client, streamMaps } = this.deps;
    const lookup = lookupOf(client);
    const isKept = (key: string): boolean => !isLookedAt(key.slice(0, key.indexOf('/')));
    const ingresses = new Map([...before.ingresses].filter(([key]) => isKept(key)));
    const certificates = new Map([...before.certificates].filter(([key]) => isKept(key)));
    const classes = client.view('IngressClass').list();
    const where = (ingress: Ingress): boolean => isLookedAt(ingress.metadata.namespace) && isServed(ingress, classes);
    for (const each of client.view('Ingress').list({ where })) {
      const { ingress, secrets } = ingressFactsOf(each, lookup);
      const key = keyString(keyOf(each));
      const old = before.ingresses.get(key);
      ingresses.set(key, old !== undefined && isSameJson(old, ingress) ? old : ingress);
      for (const secret of secrets) {
        if (certificates.has(secret)) continue;
        const [namespace = '', name = ''] = secret.split('/');
        const { certificate } = this.readCertificate(secret, { namespace, name });
        if (certificate === undefined) continue;
        const known = before.certificates.get(secret);
        certificates.set(secret, known !== undefined && isSameJson(known, certificate) ? known : certificate);
      }
    }
    return { ingresses, certificates, streams: streamPortsOf(client, streamMaps, lookup) };
  }

  private readCertificate(key: string, ref: ObjectKey): { readonly certificate?: IngressCertificate } {
    const read = certificateOf(key, this.deps.client.view('Secret').get(ref));
    return 'certificate' in read && read.certificate !== undefined ? { certificate: read.certificate } : {};
  }
}

const snapshot = ({ ingresses, certificates, streams }: Told): IngressChange => ({
  kind: 'snapshot',
  ingresses: [...ingresses.values()],
  certificates: [...certificates.values()],
  streams,
  removedIngresses: [],
  removedCertificates: [],
});

/** Undefined where nothing differs. */
function difference(before: Told, now: Told): IngressChange | undefined {
  const fresh = <T>(old: ReadonlyMap<string, T>, current: ReadonlyMap<string, T>): readonly T[] =>
    [...current].filter(([key, value]) => old.get(key) !== value).map(([, value]) => value);
  const gone = (old: ReadonlyMap<string, unknown>, current: ReadonlyMap<string, unknown>): readonly string[] =>
    [...old.keys()].filter((key) => !current.has(key));
  const change: IngressChange = {
    kind: 'change',
    ingresses: fresh(before.ingresses, now.ingresses),
    certificates: fresh(before.certificates, now.certificates),
    streams: now.streams,
    removedIngresses: gone(before.ingresses, now.ingresses),
    removedCertificates: gone(before.certificates, now.certificates),
  };
  const { ingresses, certificates, removedIngresses, removedCertificates } = change;
  const isEmpty = [ingresses, certificates, removedIngresses, removedCertificates].every(({ length }) => length === 0);
  return isEmpty && isSameJson(before.streams, now.streams) ? undefined : change;
}
