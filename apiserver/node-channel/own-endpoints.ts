import type { Endpoint } from 'kubernetes-types/discovery/v1';
import type { EndpointSlice, Pod } from '../../shared/api/objects';
import { MANAGED_BY, SELECTOR_MANAGER } from '../controllers/endpoint-slice/service-pods';
import { isLost } from '../controllers/node-lifecycle/lost-pods';
import { isReady } from '../controllers/workloads/pod-state';
import type { ObjectChange, View } from '../registry/client';

/**
 * Endpoints as their own node is told of them. That a node was lost is no news of its pods to itself: they serve there as
 * they did, until it says otherwise. Told as all others are, an agent that comes back would refuse what its pods serve.
 */
export class OwnEndpoints {
  /** Were lost and are ready again by their node's word; their slices follow. */
  private readonly returned = new Set<string>();

  constructor(private readonly pods: View<Pod>) {}

  /** True where what the pod's node was told no longer holds, though the slices stay as they are. */
  note({ type, object, previous }: ObjectChange<Pod>): boolean {
    const { uid } = object.metadata;
    const wasServing = this.returned.delete(uid) || (previous !== undefined && isLost(previous));
    if (!wasServing || type === 'DELETED' || isLost(object)) return false;
    if (!isReady(object)) return true;
    this.returned.add(uid);
    return false;
  }

  /** The nodes that are told otherwise than all others of any of these slices. */
  nodesToldOtherwise(slices: readonly EndpointSlice[]): ReadonlySet<string> {
    return new Set(
      slices.flatMap((slice) =>
        slice.endpoints.flatMap((each) => (this.servesOnItsNode(slice, each) ? (each.nodeName ?? []) : [])),
      ),
    );
  }

  asToldTo(nodeName: string, slice: EndpointSlice): EndpointSlice {
    const isBehind = (each: Endpoint): boolean => each.nodeName === nodeName && this.servesOnItsNode(slice, each);
    if (!slice.endpoints.some(isBehind)) return slice;
    return { ...slice, endpoints: slice.endpoints.map((each) => (isBehind(each) ? serving(each) : each)) };
  }

  /** Though the slice says that it is not ready. What others keep in slices of their own is as they say. */
  private servesOnItsNode({ metadata }: EndpointSlice, { conditions, targetRef }: Endpoint): boolean {
    const { name, uid } = targetRef ?? {};
    if (conditions?.ready !== false || name === undefined || uid === undefined) return false;
    if (metadata.labels?.[MANAGED_BY] !== SELECTOR_MANAGER) return false;
    const pod = this.pods.get({ namespace: metadata.namespace, name });
    return pod?.metadata.uid === uid && (isLost(pod) || this.returned.has(uid));
  }
}

const serving = (endpoint: Endpoint): Endpoint => ({
  ...endpoint,
  conditions: { ...endpoint.conditions, ready: endpoint.conditions?.terminating !== true, serving: true },
});
