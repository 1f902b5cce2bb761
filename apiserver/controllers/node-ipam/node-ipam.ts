import type { Node } from '../../../shared/api/objects';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import type { CidrPool } from './cidr-pool';

/** After a refusal: somebody may have returned one meanwhile, which the deletion of a node tells too. */
const RETRY_MS = 60_000;

/**
 * Gives each node a block of addresses for its pods (k8s.io/kubernetes/pkg/controller/nodeipam). A node keeps the one it
 * has, wherever it is from; one is free again when its Node is gone.
 */
export class NodeIpamController implements Controller {
  readonly name = 'node-ipam';
  readonly watches = [watching('Node', ({ type, object }) => (type === 'DELETED' ? this.unserved() : [keyOf(object)]))];
  /** Given in this process: a view may lag behind. */
  private readonly given = new Map<string, string>();

  constructor(
    private readonly deps: { readonly client: Client; readonly events: EventRecorder; readonly podCidrs: CidrPool },
  ) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client, events, podCidrs } = this.deps;
    const node = client.view('Node').get(key);
    if (node === undefined || cidrsOf(node).length > 0) return done;
    const podCIDR = podCidrs.take(this.inUse());
    if (podCIDR === undefined) {
      const message = `no block of ${podCidrs.text} is left for node ${key.name}: delete nodes that are gone, or give the server a larger --cluster-cidr`;
      const subject = { kind: 'Node', apiVersion: 'v1', metadata: { name: key.name, uid: key.name } };
      events.record(subject, { type: 'Normal', reason: 'CIDRNotAvailable', message }, { component: 'cidrAllocator' });
      return { requeueAfterMs: RETRY_MS };
    }
    const { uid } = node.metadata;
    // Before the write: whoever is served meanwhile must not be given the same.
    this.given.set(uid, podCIDR);
    try {
      await client.modify(
        'Node',
        key,
        (current) =>
          cidrsOf(current).length > 0
            ? undefined
            : { ...current, spec: { ...current.spec, podCIDR, podCIDRs: [podCIDR] } },
        { uid },
      );
    } catch (error) {
      this.given.delete(uid);
      ignoreNotFound(error);
    }
    return done;
  }

  private inUse(): ReadonlySet<string> {
    const nodes = this.deps.client.view('Node').list();
    const seen = new Map(nodes.map((node) => [node.metadata.uid, cidrsOf(node)]));
    for (const uid of [...this.given.keys()]) {
      // Shown by the view, or gone with its node.
      if (seen.get(uid)?.length !== 0) this.given.delete(uid);
    }
    return new Set([...[...seen.values()].flat(), ...this.given.values()]);
  }

  private unserved(): readonly ObjectKey[] {
    const nodes = this.deps.client.view('Node').list({ where: (node) => cidrsOf(node).length === 0 });
    return nodes.map(keyOf);
  }
}

const cidrsOf = ({ spec }: Node): readonly string[] =>
  spec?.podCIDRs ?? (spec?.podCIDR === undefined || spec.podCIDR === '' ? [] : [spec.podCIDR]);
