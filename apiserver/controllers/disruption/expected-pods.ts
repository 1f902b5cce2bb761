import type { OwnerReference, Pod, PodDisruptionBudget } from '../../../shared/api/objects';
import { isNotFound } from '../../../shared/status-error';
import type { Client } from '../../registry/client';
import { controllerOf } from '../workloads/ownership';
import { scaledValue } from '../workloads/scaled-value';

export interface ExpectedPods {
  readonly expected: number;
  readonly desiredHealthy: number;
  /** Pods without a controller, which count for nothing where shares of controllers do. */
  readonly unmanaged: readonly string[];
}

/** Why the number cannot be told; the message is for the budget's condition and Events. */
export class NoExpectation extends Error {
  override readonly name = 'NoExpectation';
}

/** How many pods there should be behind a budget, and how many of them healthy. Throws NoExpectation. */
export async function expectedPods(
  client: Client,
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
): Promise<ExpectedPods> {
  const { minAvailable, maxUnavailable } = spec ?? {};
  if (typeof minAvailable === 'number') return { expected: pods.length, desiredHealthy: minAvailable, unmanaged: [] };
  if (minAvailable === undefined && maxUnavailable === undefined) {
    return { expected: 0, desiredHealthy: 0, unmanaged: [] };
  }
  const { scale, unmanaged } = await scaleBehind(client, pods);
  const desiredHealthy =
    maxUnavailable === undefined
      ? scaledValue(minAvailable, scale, Math.ceil)
      : Math.max(0, scale - scaledValue(maxUnavailable, scale, Math.ceil));
  return { expected: scale, desiredHealthy, unmanaged };
}

/** What the controllers of the pods are to keep, all together. */
async function scaleBehind(
  client: Client,
  pods: readonly Pod[],
): Promise<{ readonly scale: number; readonly unmanaged: readonly string[] }> {
  const scales = new Map<string, number>();
  const known = new Set<string>();
  const unmanaged: string[] = [];
  for (const pod of pods) {
    const owner = controllerOf(pod);
    if (owner === undefined) {
      unmanaged.push(pod.metadata.name);
      continue;
    }
    if (known.has(owner.uid)) continue;
    known.add(owner.uid);
    const found = await scaleOf(client, pod.metadata.namespace, topOwner(client, pod.metadata.namespace, owner));
    if (found === undefined)
      throw new NoExpectation(`found no controllers for pod ${JSON.stringify(pod.metadata.name)}`);
    scales.set(found.uid, found.replicas);
  }
  return { scale: [...scales.values()].reduce((sum, each) => sum + each, 0), unmanaged };
}

/** A Deployment stands for its ReplicaSets: in a rollout, there are several. */
function topOwner(client: Client, namespace: string, owner: OwnerReference): OwnerReference {
  if (owner.kind !== 'ReplicaSet') return owner;
  const set = client.view('ReplicaSet').get({ namespace, name: owner.name });
  const above = set?.metadata.uid === owner.uid ? controllerOf(set) : undefined;
  return above?.kind === 'Deployment' ? above : owner;
}

/** Undefined: it is gone. */
async function scaleOf(
  client: Client,
  namespace: string,
  { apiVersion, kind, name, uid }: OwnerReference,
): Promise<{ readonly uid: string; readonly replicas: number } | undefined> {
  const served = client.kinds.nameOf(apiVersion, kind);
  if (served === undefined) return undefined;
  try {
    const scale = await client.scale(served, { namespace, name });
    if (scale === undefined) {
      const { group, resource } = client.kinds.resourceOf(served);
      throw new NoExpectation(
        `${group === '' ? resource : `${resource}.${group}`} does not implement the scale subresource`,
      );
    }
    return scale.metadata.uid === uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
