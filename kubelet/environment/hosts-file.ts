import type { Pod } from '../../shared/api/objects';
import type { ApiAddress } from '../api-relay/api-relay';
import { API_NAMES } from '../api-relay/api-relay';
import { fullNameOf, hostnameOf } from './pod-name';

/** The mark by which programs tell that nobody else writes the file. */
const MANAGED = '# Kubernetes-managed hosts file';
const LOOPBACK = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::0', 'ip6-localnet'],
  ['fe00::0', 'ip6-mcastprefix'],
  ['fe00::1', 'ip6-allnodes'],
  ['fe00::2', 'ip6-allrouters'],
] as const;

export interface HostsSurroundings {
  readonly podIps: readonly string[];
  /** Of the cluster's names. */
  readonly domain?: string | undefined;
  /** Known by name in pods. */
  readonly api?: ApiAddress | undefined;
  /** What the node's own file says, for pods that share its network. */
  readonly ofHost: string;
}

/** What stands in a pod's /etc/hosts (k8s.io/kubernetes/pkg/kubelet/kubelet_pods.go). */
export function hostsFileOf(pod: Pod, { podIps, domain, api, ofHost }: HostsSurroundings): string {
  const isOnHost = pod.spec.hostNetwork === true;
  const names = [fullNameOf(pod, domain) ?? [], hostnameOf(pod)].flat();
  const own = isOnHost
    ? [`${MANAGED} (host network).`, ofHost.trimEnd()]
    : [`${MANAGED}.`, ...LOOPBACK.map(entry), ...podIps.map((ip) => [ip, ...names].join('\t'))];
  const aliases = (pod.spec.hostAliases ?? []).map(({ ip = '', hostnames }) => [ip, ...(hostnames ?? [])].join('\t'));
  return [
    ...own,
    ...section('The way to the API.', api === undefined ? [] : [[api.ip, ...API_NAMES].join('\t')]),
    ...section('Entries added by HostAliases.', aliases),
    '',
  ].join('\n');
}

const entry = ([ip, names]: readonly [string, string]): string => `${ip}\t${names}`;

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `# ${title}`, ...lines];
