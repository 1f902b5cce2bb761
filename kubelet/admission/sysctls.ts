import type { Pod } from '../../shared/api/objects';
import type { Refusal } from '../pod-worker/refusal';

/** Of a pod's own namespaces, and nothing to anybody else (k8s.io/kubernetes/pkg/kubelet/sysctl). */
const SAFE: readonly string[] = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];

/**
 * Why a node sets not all of a pod's sysctls; undefined where it does. `allowed`: beside the safe ones, by name or with a
 * `*` at the end.
 */
export function sysctlRefusal({ spec }: Pod, allowed: readonly string[]): Refusal | undefined {
  const refuse = (name: string, why: string): Refusal => ({
    reason: 'SysctlForbidden',
    message: `forbidden sysctl: ${JSON.stringify(name)} ${why}`,
  });
  for (const { name: given } of spec.securityContext?.sysctls ?? []) {
    const name = withDots(given);
    if (![...SAFE, ...allowed].some((pattern) => matches(pattern, name))) return refuse(given, 'not allowlisted');
    if (name.startsWith('net.') && spec.hostNetwork === true) return refuse(given, 'not allowed with host net enabled');
    if (!name.startsWith('net.') && spec.hostIPC === true) return refuse(given, 'not allowed with host ipc enabled');
  }
  return undefined;
}

const matches = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** `net/ipv4/conf/eth0.1/x` and `net.ipv4.conf.eth0/1.x` are one: the first separator of a name decides which it uses. */
function withDots(name: string): string {
  const [first] = /[./]/.exec(name) ?? [];
  if (first !== '/') return name;
  return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}
