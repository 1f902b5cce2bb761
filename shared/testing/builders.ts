import type { Container, Node, Pod, PodSpec, Taint, Toleration } from '../api/objects';
import { toTimestamp } from '../clock';

const CREATED = toTimestamp(Date.UTC(2026, 0, 1));

const metadata = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  creationTimestamp: CREATED,
  labels: { ...labels },
});

export interface PodTraits {
  readonly name?: string;
  readonly namespace?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly priority?: number;
  readonly node?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly requests?: Readonly<Record<string, string>>;
  readonly tolerations?: Toleration[];
  readonly hostPort?: number;
  readonly containers?: Container[];
  readonly spec?: Partial<PodSpec>;
  readonly phase?: string;
}

/** A pod as it stands in the store; one container `app` of image busybox unless said otherwise. */
export function aPod(traits: PodTraits = {}): Pod {
  const requests = {
    ...(traits.cpu === undefined ? {} : { cpu: traits.cpu }),
    ...(traits.memory === undefined ? {} : { memory: traits.memory }),
    ...traits.requests,
  };
  const app: Container = {
    name: 'app',
    image: 'busybox',
    resources: { requests },
    ...(traits.hostPort === undefined
      ? {}
      : { ports: [{ containerPort: traits.hostPort, hostPort: traits.hostPort }] }),
  };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata(traits.name ?? 'web', traits.labels), namespace: traits.namespace ?? 'default' },
    spec: {
      containers: traits.containers ?? [app],
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      ...(traits.node === undefined ? {} : { nodeName: traits.node }),
      ...(traits.priority === undefined ? {} : { priority: traits.priority }),
      ...(traits.tolerations === undefined ? {} : { tolerations: traits.tolerations }),
      ...traits.spec,
    },
    status: { phase: traits.phase ?? 'Pending' },
  };
}

export interface NodeTraits {
  readonly name?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly pods?: string;
  readonly ready?: boolean;
  readonly cordoned?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly taints?: Taint[];
  readonly resources?: Readonly<Record<string, string>>;
}

/** A node as it stands in the store: ready, 4 CPU, 8 GiB, 110 pods unless said otherwise. */
export function aNode(traits: NodeTraits = {}): Node {
  const name = traits.name ?? 'n1';
  const resources = {
    cpu: traits.cpu ?? '4',
    memory: traits.memory ?? '8Gi',
    pods: traits.pods ?? '110',
    ...traits.resources,
  };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: metadata(name, { 'kubernetes.io/hostname': name, ...traits.labels }),
    spec: {
      ...(traits.cordoned === true ? { unschedulable: true } : {}),
      ...(traits.taints === undefined ? {} : { taints: traits.taints }),
    },
    status: {
      capacity: { ...resources },
      allocatable: { ...resources },
      conditions: [{ type: 'Ready', status: traits.ready === false ? 'False' : 'True', reason: 'KubeletReady' }],
    },
  };
}
