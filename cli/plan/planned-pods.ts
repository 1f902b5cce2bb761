import type { Node } from '../../shared/api/objects';
import type { ApiObject } from '../api-object';
import type { PodTemplateFields } from '../pod-template';
import { podTemplateOf } from '../pod-template';

/** Pods that an object would have. */
export interface PlannedPods {
  /** `deployment/web` */
  readonly workload: string;
  readonly pod: ApiObject;
  readonly count: number;
}

interface WorkloadSpec {
  readonly replicas?: number;
  readonly parallelism?: number;
  readonly completions?: number;
  readonly jobTemplate?: { readonly spec?: WorkloadSpec };
}

/** The pods that an object would have at once; none for kinds without pods. Those of a DaemonSet go to the `nodes`. */
export function plannedPodsOf(object: ApiObject, namespace: string, nodes: readonly Node[]): readonly PlannedPods[] {
  const template = podTemplateOf(object);
  if (template === undefined || object.kind === 'PodTemplate') return [];
  const kind = object.kind ?? '';
  const name = object.metadata?.name ?? object.metadata?.generateName ?? 'pod';
  const workload = `${kind.toLowerCase()}/${name}`;
  const pod = podOf(template, { name, namespace, kind });
  if (kind === 'DaemonSet') return nodes.map((node) => ({ workload, pod: boundTo(pod, node.metadata.name), count: 1 }));
  return [{ workload, pod, count: countOf(kind, (object['spec'] ?? {}) as WorkloadSpec) }];
}

function countOf(kind: string, spec: WorkloadSpec): number {
  switch (kind) {
    case 'Pod':
      return 1;
    case 'CronJob':
      return countOf('Job', spec.jobTemplate?.spec ?? {});
    case 'Job': {
      const parallelism = spec.parallelism ?? 1;
      return Math.min(parallelism, spec.completions ?? parallelism);
    }
    default:
      return spec.replicas ?? 1;
  }
}

/** Pods of one owner are spread: a workload that is not there yet stands for its own. */
function podOf(
  { metadata, spec }: PodTemplateFields,
  { name, namespace, kind }: { readonly name: string; readonly namespace: string; readonly kind: string },
): ApiObject {
  const owner = {
    apiVersion: 'apps/v1',
    kind: kind === 'Deployment' ? 'ReplicaSet' : kind,
    name,
    uid: `plan-${kind}-${namespace}-${name}`,
    controller: true,
  };
  const { labels, annotations } = metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      ...(kind === 'Pod' ? {} : { ownerReferences: [owner] }),
    },
    spec,
  };
}

/** As the DaemonSet controller binds its pods: by the node's name. */
function boundTo(pod: ApiObject, node: string): ApiObject {
  const spec = (pod['spec'] ?? {}) as Readonly<Record<string, unknown>>;
  const term = { matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] };
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
  const affinity = { ...(spec['affinity'] as object | undefined), nodeAffinity };
  return { ...pod, spec: { ...spec, affinity } };
}
