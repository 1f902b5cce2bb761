import type { Lease, Node, Pod } from '../../shared/api/objects';
import { podLimits, podRequests } from '../../shared/pod/pod-resources';
import type { Quantity } from '../../shared/quantity';
import { addQuantities, formatQuantity, parseQuantity } from '../../shared/quantity';
import { ageOf } from '../events';
import { underlined } from './head-text';
import { annotationLines, labelLines, multiline, sortedPairs } from './maps';
import { timeText } from './times';

/** `lease`: the node's heartbeat, or why it cannot be had. `pods`: those that are on it. */
export function nodeText(node: Node, lease: Lease | string, pods: readonly Pod[]): string {
  const { metadata, spec = {}, status = {} } = node;
  const roles = Object.keys(metadata.labels ?? {}).flatMap(
    (label) => /^node-role\.kubernetes\.io\/(.+)$/.exec(label)?.[1] ?? [],
  );
  const taints = (spec.taints ?? []).map(
    ({ key, value = '', effect }) => `${key}${value === '' ? '' : `=${value}`}:${effect}`,
  );
  const running = pods.filter(({ status: of }) => of?.phase !== 'Succeeded' && of?.phase !== 'Failed');
  const amounts = (label: string, of: Readonly<Record<string, string>> = {}): string =>
    Object.keys(of).length === 0
      ? ''
      : `${label}:\n${sortedPairs(of)
          .map(([name, amount]) => `  ${name}:\t${amount}\n`)
          .join('')}`;
  return [
    `Name:\t${metadata.name}\n`,
    multiline('Roles', [roles.sort().join(',') || '<none>']),
    labelLines('Labels', metadata.labels),
    annotationLines('Annotations', metadata.annotations),
    `CreationTimestamp:\t${timeText(metadata.creationTimestamp)}\n`,
    multiline('Taints', taints),
    `Unschedulable:\t${String(spec.unschedulable ?? false)}\n`,
    leaseText(lease),
    conditionsText(status.conditions),
    `Addresses:\n${(status.addresses ?? []).map(({ type, address }) => `  ${type}:\t${address}\n`).join('')}`,
    amounts('Capacity', status.capacity),
    amounts('Allocatable', status.allocatable),
    systemText(status.nodeInfo),
    spec.podCIDR === undefined ? '' : `PodCIDR:\t${spec.podCIDR}\n`,
    spec.podCIDRs === undefined ? '' : `PodCIDRs:\t${spec.podCIDRs.join(',')}\n`,
    spec.providerID === undefined ? '' : `ProviderID:\t${spec.providerID}\n`,
    podsText(running, status.allocatable ?? {}),
    allocatedText(running, status.allocatable ?? {}),
  ].join('');
}

const leaseText = (lease: Lease | string): string =>
  typeof lease === 'string'
    ? `Lease:\tFailed to get lease: ${lease}\n`
    : `Lease:\n  HolderIdentity:\t${lease.spec?.holderIdentity ?? '<unset>'}\n  AcquireTime:\t${lease.spec?.acquireTime === undefined ? '<unset>' : timeText(lease.spec.acquireTime)}\n  RenewTime:\t${lease.spec?.renewTime === undefined ? '<unset>' : timeText(lease.spec.renewTime)}\n`;

type Status = NonNullable<Node['status']>;

function conditionsText(conditions: Status['conditions'] = []): string {
  if (conditions.length === 0) return '';
  const head = ['Type', 'Status', 'LastHeartbeatTime', 'LastTransitionTime', 'Reason', 'Message'];
  const rows = conditions.map((each) => [
    each.type,
    each.status,
    timeText(each.lastHeartbeatTime),
    timeText(each.lastTransitionTime),
    each.reason ?? '',
    each.message ?? '',
  ]);
  // kubectl puts a blank behind all cells of a row but the last.
  const spaced = rows.map((cells) => cells.map((cell, index) => (index < cells.length - 1 ? `${cell} ` : cell)));
  return `Conditions:\n${underlined(head, spaced)}`;
}

const systemText = (info: Status['nodeInfo']): string =>
  info === undefined
    ? ''
    : [
        'System Info:\n',
        `  Machine ID:\t${info.machineID}\n`,
        `  System UUID:\t${info.systemUUID}\n`,
        `  Boot ID:\t${info.bootID}\n`,
        `  Kernel Version:\t${info.kernelVersion}\n`,
        `  OS Image:\t${info.osImage}\n`,
        `  Operating System:\t${info.operatingSystem}\n`,
        `  Architecture:\t${info.architecture}\n`,
        `  Container Runtime Version:\t${info.containerRuntimeVersion}\n`,
        `  Kubelet Version:\t${info.kubeletVersion}\n`,
        `  Kube-Proxy Version:\t${info.kubeProxyVersion}\n`,
      ].join('');

type Amounts = Readonly<Record<string, string>>;

/** An amount, and how much of what pods may use it is. */
function shown(resource: string, amount: Quantity | undefined, allocatable: Amounts): string {
  const used = amount ?? parseQuantity('0');
  const whole = parseQuantity(allocatable[resource] ?? '0').nanos;
  return `${formatQuantity(used)} (${whole === 0n ? 0 : Number((used.nanos * 100n) / whole)}%)`;
}

function podsText(pods: readonly Pod[], allocatable: Amounts): string {
  const head = ['Namespace', 'Name', '', 'CPU Requests', 'CPU Limits', 'Memory Requests', 'Memory Limits', 'Age'];
  const keyOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;
  const sorted = [...pods].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const rows = sorted.map(({ metadata, spec }) => [
    metadata.namespace,
    metadata.name,
    '',
    ...['cpu', 'memory'].flatMap((resource) =>
      [podRequests(spec), podLimits(spec)].map((of) => shown(resource, of.get(resource), allocatable)),
    ),
    ageOf(metadata.creationTimestamp),
  ]);
  return `Non-terminated Pods:\t(${pods.length} in total)\n${underlined(head, rows)}`;
}

function allocatedText(pods: readonly Pod[], allocatable: Amounts): string {
  const others = Object.keys(allocatable).filter((name) => !['cpu', 'memory', 'pods'].includes(name));
  const total = (of: (spec: Pod['spec']) => ReadonlyMap<string, Quantity>, resource: string): string => {
    const amounts = pods.flatMap(({ spec }) => of(spec).get(resource) ?? []);
    const sum = amounts.reduce<Quantity | undefined>((a, b) => (a === undefined ? b : addQuantities(a, b)), undefined);
    return shown(resource, sum, allocatable);
  };
  const rows = ['cpu', 'memory', ...others.sort()].map((resource) => [
    resource,
    total(podRequests, resource),
    total(podLimits, resource),
  ]);
  return `Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)\n${underlined(['Resource', 'Requests', 'Limits'], rows)}`;
}
