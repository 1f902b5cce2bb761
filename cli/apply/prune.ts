import type { ObjectList, StoredObject } from '../api-object';
import type { Resource } from '../client/resources';
import { UsageError, pathOf } from '../client/resources';
import type { Context } from '../commands/command';
import type { Named } from '../found';
import { LAST_APPLIED } from '../three-way-patch';

/** What is pruned where nothing else is said (kubectl/pkg/cmd/apply/prune.go). */
const NAMESPACED = [
  'v1/ConfigMap',
  'v1/Endpoints',
  'v1/PersistentVolumeClaim',
  'v1/Pod',
  'v1/ReplicationController',
  'v1/Secret',
  'v1/Service',
  'batch/v1/Job',
  'batch/v1/CronJob',
  'networking.k8s.io/v1/Ingress',
  'apps/v1/DaemonSet',
  'apps/v1/Deployment',
  'apps/v1/ReplicaSet',
  'apps/v1/StatefulSet',
];
const OF_CLUSTER = ['v1/Namespace', 'v1/PersistentVolume'];

export interface PruneRequest {
  readonly selector: string | undefined;
  /** `GROUP/VERSION/KIND`; empty: the usual types. */
  readonly allowlist: readonly string[];
  /** Where the manifests' objects are. */
  readonly namespaces: readonly string[];
  /** What the manifests say: it stays. */
  readonly applied: readonly Named[];
}

export interface Prunable extends Named {
  readonly object: StoredObject;
}

/** Objects that an apply made once and that no manifest says any more. Throws UsageError for an allowlist that names no type. */
export async function prunable(context: Context, request: PruneRequest): Promise<readonly Prunable[]> {
  const resources = await context.resources();
  const usual = [...NAMESPACED, ...(context.isNamespaceGiven ? [] : OF_CLUSTER)];
  const types = (request.allowlist.length > 0 ? request.allowlist : usual).flatMap((each) => {
    const [kind = '', version = '', ...group] = each.split('/').reverse();
    const name = group.length === 0 || group[0] === 'core' ? version : `${group.reverse().join('/')}/${version}`;
    const found = resources.byKind(name, kind);
    if (found === undefined && request.allowlist.length > 0)
      throw new UsageError(
        `--prune-allowlist ${each}: the server has no such type: must be GROUP/VERSION/KIND, such as core/v1/ConfigMap`,
      );
    return found === undefined ? [] : [found];
  });
  const stays = new Set(
    request.applied.map(
      ({ resource, namespace = '', name }) => `${resource.kind}.${resource.group}/${namespace}/${name}`,
    ),
  );
  const found: Prunable[] = [];
  for (const resource of types)
    for (const namespace of resource.namespaced ? request.namespaces : [undefined])
      for (const object of await listed(context, resource, namespace, request.selector)) {
        const key = `${resource.kind}.${resource.group}/${namespace ?? ''}/${object.metadata.name}`;
        const isOurs = object.metadata.annotations?.[LAST_APPLIED] !== undefined;
        if (isOurs && !stays.has(key) && object.metadata.deletionTimestamp === undefined)
          found.push({ resource, namespace, name: object.metadata.name, object });
      }
  return found;
}

async function listed(
  context: Context,
  resource: Resource,
  namespace: string | undefined,
  labelSelector: string | undefined,
): Promise<readonly StoredObject[]> {
  const { value } = await context
    .client()
    .json<ObjectList>({ path: pathOf(resource, namespace), query: { labelSelector }, isUnasked: true });
  return value.items.map((item) => ({ ...item, apiVersion: value.apiVersion, kind: resource.kind }));
}
