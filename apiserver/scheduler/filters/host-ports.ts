import type { Pod } from '../../../shared/api/objects';
import type { Filter } from './filter';

interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

function hostPortsOf(pod: Pod): readonly HostPort[] {
  return [...(pod.spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always'), ...pod.spec.containers]
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ ip: port.hostIP ?? '0.0.0.0', port: port.hostPort ?? 0, protocol: port.protocol ?? 'TCP' }));
}

const isAny = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::';
const clash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (isAny(a.ip) || isAny(b.ip) || a.ip === b.ip);

/** No two pods of a node publish the same host port. */
export const hostPortsFree: Filter = {
  name: 'host-ports-free',
  cures: ['node', 'pod-gone'],
  check: (pod, state) => {
    const wanted = hostPortsOf(pod);
    if (wanted.length === 0) return undefined;
    for (const other of state.pods.values()) {
      const taken = hostPortsOf(other);
      const port = wanted.find((each) => taken.some((its) => clash(each, its)));
      if (port === undefined) continue;
      return {
        reason: "node(s) didn't have free ports for the requested pod ports",
        detail: `host port ${port.port}/${port.protocol} is taken by pod ${other.metadata.namespace}/${other.metadata.name}`,
      };
    }
    return undefined;
  },
};
