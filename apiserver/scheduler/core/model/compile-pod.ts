import type { Pod } from '../../../../shared/api/objects';
import { SHARE_SUFFIX, isDeviceResource } from '../../../../shared/pod/devices';
import { requestsOf } from './amounts';
import type { DeviceRequest } from './device-table';
import { WHOLE } from './device-table';
import { demandOf, hostPortsOf } from './node-demand';
import type { NodeFit } from './node-fit';
import type { NodeDemand, PodExtras } from './node-demand';
import type { PodClass } from './pod-class';
import type { Level } from './priority-table';
import { relationsOf, spreadOwnerOf } from './pod-relations';

/** What a pod without requests counts as in scores, as in kube-scheduler (GetNonzeroRequests). */
const SMALL_CPU_MILLI = 100;
const SMALL_MEMORY_BYTES = 200 * 2 ** 20;

const isDeviceShare = (name: string): boolean => name.endsWith(`/gpu${SHARE_SUFFIX}`);

interface CompileOptions {
  readonly id: number;
  readonly columnOf: (resource: string) => number;
  readonly fitOf: (demand: NodeDemand) => NodeFit;
  readonly levelOf: (priority: number) => Level;
}

/** Pods with the same key are of the same class. */
export const classKeyOf = (pod: Pod, extras: PodExtras): string => {
  const { spec, metadata } = pod;
  return JSON.stringify([
    metadata.namespace,
    metadata.labels,
    spreadOwnerOf(pod),
    spec.priority,
    spec.preemptionPolicy,
    spec.nodeName,
    spec.nodeSelector,
    spec.affinity,
    spec.tolerations,
    spec.topologySpreadConstraints,
    spec.overhead,
    [...(spec.initContainers ?? []), ...spec.containers].map(({ resources, ports, restartPolicy }) => [
      resources?.requests,
      ports,
      restartPolicy,
    ]),
    spec.initContainers?.length,
    extras,
  ]);
};

export function compilePod(pod: Pod, extras: PodExtras, { id, columnOf, fitOf, levelOf }: CompileOptions): PodClass {
  const requests = new Map([...requestsOf(pod.spec), ['pods', 1] as const]);
  const counted = [...requests].filter(
    ([name, amount]) => amount > 0 && !isDeviceResource(name) && !isDeviceShare(name),
  );
  const devices = devicesOf(requests);
  const demand = demandOf(pod, extras);
  const relations = relationsOf(pod);
  const spreadOwner = spreadOwnerOf(pod);
  return {
    id,
    example: pod,
    namespace: pod.metadata.namespace,
    labels: pod.metadata.labels ?? {},
    priority: pod.spec.priority ?? 0,
    level: levelOf(pod.spec.priority ?? 0),
    mayPreempt: pod.spec.preemptionPolicy !== 'Never',
    requests,
    columns: Int32Array.from(counted.map(([name]) => columnOf(name))),
    amounts: Float64Array.from(counted.map(([, amount]) => amount)),
    weights: [requests.get('cpu') ?? SMALL_CPU_MILLI, requests.get('memory') ?? SMALL_MEMORY_BYTES],
    ...(devices === undefined ? {} : { devices }),
    ports: hostPortsOf(pod),
    demand,
    fit: fitOf(demand),
    relations,
    ...(spreadOwner === undefined ? {} : { spreadOwner }),
    seeksItself: false,
    rules: { near: [], apart: [], unwelcome: [], spread: [], wishes: [] },
    counts: [],
    rulesVersion: 0,
    population: 0,
  };
}

/** Who asks for whole devices and a share gets the whole ones. */
function devicesOf(requests: ReadonlyMap<string, number>): DeviceRequest | undefined {
  const asked = [...requests].filter(([, amount]) => amount > 0);
  const [whole, count = 0] = asked.find(([name]) => isDeviceResource(name)) ?? [];
  if (whole !== undefined) return { resource: whole, count, milli: WHOLE };
  const [share, milli = 0] = asked.find(([name]) => isDeviceShare(name)) ?? [];
  return share === undefined
    ? undefined
    : { resource: share.slice(0, -SHARE_SUFFIX.length), count: 1, milli: Math.min(milli, WHOLE) };
}
