import net from 'node:net';
import type { Pod } from '../../../shared/api/objects';
import { isSidecar } from '../../../shared/pod/pod-resources';
import type { Labels } from '../../../shared/selectors/label-selector';
import type { PolicyProtocol } from '../../../shared/wire/network-policy';

/** As much of a pod as policies ask for. */
export interface PolicyPod {
  readonly uid: string;
  readonly namespace: string;
  readonly labels: Labels;
  /** Empty: not bound yet. */
  readonly nodeName: string;
  readonly addresses: readonly string[];
  readonly ports: readonly { readonly name: string; readonly protocol: PolicyProtocol; readonly port: number }[];
}

/** Undefined where no policy concerns it: on the node's own network, or ended, so that others may get its address. */
export function policyPodOf({ metadata, spec, status = {} }: Pod): PolicyPod | undefined {
  const { phase, podIP, podIPs = [] } = status;
  if (spec.hostNetwork === true || phase === 'Succeeded' || phase === 'Failed') return undefined;
  const addresses = [podIP, ...podIPs.map(({ ip }) => ip)].filter((ip) => ip !== undefined);
  const containers = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
  return {
    uid: metadata.uid,
    namespace: metadata.namespace,
    labels: metadata.labels ?? {},
    nodeName: spec.nodeName ?? '',
    addresses: [...new Set(addresses)].filter((address) => net.isIPv4(address)),
    ports: containers
      .flatMap(({ ports = [] }) => ports)
      .flatMap(({ name = '', protocol = 'TCP', containerPort }) =>
        name === '' ? [] : [{ name, protocol: protocol as PolicyProtocol, port: containerPort }],
      ),
  };
}
