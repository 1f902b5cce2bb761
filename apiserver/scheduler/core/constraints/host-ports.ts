import type { Cluster } from '../model/cluster';
import type { HostPort } from '../model/node-demand';
import type { PodClass } from '../model/pod-class';
import type { Constraint } from './constraint';

const isAny = (ip: string): boolean => ip === '' || ip === '0.0.0.0' || ip === '::';

const clash = (a: HostPort, b: HostPort): boolean =>
  a.port === b.port && a.protocol === b.protocol && (isAny(a.ip) || isAny(b.ip) || a.ip === b.ip);

function taken({ ports }: PodClass, node: number, cluster: Cluster): { port: HostPort; by: PodClass } | undefined {
  for (const [by, count] of cluster.publishersOn(node)) {
    const port = count === 0 ? undefined : ports.find((each) => by.ports.some((its) => clash(each, its)));
    if (port !== undefined) return { port, by };
  }
  return undefined;
}

/** No two pods of a node publish the same host port. */
export const hostPortsFree: Constraint = {
  name: 'host-ports-free',
  cures: ['node', 'pod-gone'],
  curedByPreemption: true,
  concerns: ({ ports }) => ports.length > 0,
  allows: (podClass, node, cluster) => taken(podClass, node, cluster) === undefined,
  refusal: (podClass, node, cluster) => {
    const { port, by } = taken(podClass, node, cluster) ?? {};
    return {
      reason: "node(s) didn't have free ports for the requested pod ports",
      detail: `host port ${port?.port ?? 0}/${port?.protocol ?? ''} is taken by a pod like ${by?.namespace ?? ''}/${by?.example.metadata.name ?? ''}`,
      remedy: `host port ${port?.port ?? 0}/${port?.protocol ?? ''} free`,
    };
  },
};
