import type { Lease, Node } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toMicroTimestamp } from '../../../shared/clock';
import { ignoreAlreadyExists, ignoreNotFound } from '../../../shared/status-error';
import { isSameJson } from '../../../shared/same-json';
import { NODE_LEASES } from '../../auth/node/node-user';
import type { LivenessReader } from '../../node-channel/liveness';
import type { Client } from '../../registry/client';
import type { Result } from '../controller';
import { done } from '../controller';

/**
 * For so long a node's lease speaks. Kubernetes' kubelets renew theirs every ten seconds, because it is their heartbeat;
 * here beats stay in memory and Ready follows them within seconds, so that a lease need not cost a durable write so often.
 */
export const LEASE_SECONDS = 1_200;
/** As Kubernetes, in the last three quarters of its time there are three more tries. */
const RENEW_MS = (LEASE_SECONDS * 1_000) / 4;

/** Keeps a Lease for each node whose beats come, named for it and its own, as Kubernetes' clients expect one. */
export class NodeLeases {
  constructor(
    private readonly deps: { readonly client: Client; readonly clock: Clock; readonly liveness: LivenessReader },
  ) {}

  /** Makes the lease or renews it where that is due; asks to be called when it is due next. */
  async keep(node: Node): Promise<Result> {
    const { client, clock, liveness } = this.deps;
    const key = { namespace: NODE_LEASES, name: node.metadata.name };
    if (liveness.of(key.name).state !== 'connected') return done;
    const lease = client.view('Lease').get(key);
    const nowMs = clock.now();
    const fresh = leaseOf(node, nowMs);
    if (lease === undefined) {
      await client.create('Lease', fresh).catch(ignoreAlreadyExists);
      return { requeueAfterMs: RENEW_MS };
    }
    const dueInMs = isTrue(lease, fresh) ? dueMs(lease, nowMs) : 0;
    if (dueInMs > 0) return { requeueAfterMs: dueInMs };
    const renewed = ({ metadata, ...rest }: Lease): Lease => ({
      ...rest,
      metadata: { ...metadata, ownerReferences: fresh.metadata.ownerReferences },
      spec: { ...rest.spec, ...fresh.spec },
    });
    await client.modify('Lease', key, renewed).catch(ignoreNotFound);
    return { requeueAfterMs: RENEW_MS };
  }
}

const leaseOf = ({ metadata: { name, uid } }: Node, nowMs: number) => ({
  metadata: {
    namespace: NODE_LEASES,
    name,
    ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid }],
  },
  spec: { holderIdentity: name, leaseDurationSeconds: LEASE_SECONDS, renewTime: toMicroTimestamp(nowMs) },
});

/** Whether it says all that it should but for the time. */
const isTrue = ({ metadata, spec }: Lease, fresh: ReturnType<typeof leaseOf>): boolean =>
  isSameJson(metadata.ownerReferences, fresh.metadata.ownerReferences) &&
  spec?.holderIdentity === fresh.spec.holderIdentity &&
  spec.leaseDurationSeconds === LEASE_SECONDS;

/** A time to come is a clock that was set back: renewed then too. */
function dueMs({ spec }: Lease, nowMs: number): number {
  const renewedMs = Date.parse(spec?.renewTime ?? '');
  return renewedMs <= nowMs ? renewedMs + RENEW_MS - nowMs : 0;
}
