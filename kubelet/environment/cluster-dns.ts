import type { Pod } from '../../shared/api/objects';
import type { SandboxSpec } from '../runtime/runtime';

/** How pods of a node ask for names of the cluster. */
export interface ClusterDns {
  readonly server: string;
  readonly domain: string;
  /** Of the host: names that are short there are short in pods too. */
  readonly hostSearches: readonly string[];
}

/** What the engine takes for an empty search list; without it, it takes the host's. */
const NO_SEARCHES = ['.'];
/** A name with fewer dots is looked for in the cluster first. */
const CLUSTER_OPTIONS = ['ndots:5'];

/**
 * What the pod's resolv.conf is to hold (k8s.io/kubernetes/pkg/kubelet/network/dns). Absent: the node's own resolver.
 */
export function dnsOf({ metadata, spec }: Pod, cluster?: ClusterDns): SandboxSpec['dns'] {
  const { dnsPolicy = 'ClusterFirst', dnsConfig, hostNetwork = false } = spec;
  const asksCluster = dnsPolicy === 'ClusterFirstWithHostNet' || (dnsPolicy === 'ClusterFirst' && !hostNetwork);
  const base = asksCluster && cluster !== undefined ? clusterConfig(cluster, metadata.namespace) : undefined;
  if (base === undefined && dnsConfig === undefined) return undefined;
  const { servers = [], searches = [], options = [] } = base ?? {};
  const more = (dnsConfig?.options ?? []).map(({ name = '', value }) =>
    value === undefined ? name : `${name}:${value}`,
  );
  const own = new Set(more.map(optionName));
  const all = [...new Set([...searches, ...(dnsConfig?.searches ?? [])])];
  return {
    servers: [...new Set([...servers, ...(dnsConfig?.nameservers ?? [])])],
    searches: dnsPolicy === 'None' && all.length === 0 ? NO_SEARCHES : all,
    // The pod's own word counts.
    options: [...options.filter((option) => !own.has(optionName(option))), ...more],
  };
}

const optionName = (option: string): string => option.split(':')[0] ?? '';

const clusterConfig = ({ server, domain, hostSearches }: ClusterDns, namespace: string) => ({
  servers: [server],
  searches: [`${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...hostSearches],
  options: CLUSTER_OPTIONS,
});
