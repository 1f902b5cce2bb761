import type { Service, StoredObject } from '../../shared/api/objects';

const HINTS = 'service.kubernetes.io/topology-aware-hints';

/** What a service asks for in vain, in Kubernetes' words (pkg/api/service). */
export function serviceWarnings(object: StoredObject): readonly string[] {
  const { spec = {}, metadata } = object as unknown as Service;
  const { type, clusterIP, loadBalancerIP = '', externalIPs = [], externalName = '', sessionAffinity } = spec;
  const isHeadless = type === 'ClusterIP' && clusterIP === 'None';
  const isName = type === 'ExternalName';
  return [
    ...(metadata.annotations?.[HINTS] === undefined
      ? []
      : [`annotation ${HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead`]),
    ...(isHeadless && loadBalancerIP !== '' ? ['spec.loadBalancerIP is ignored for headless services'] : []),
    ...(isHeadless && externalIPs.length > 0 ? ['spec.externalIPs is ignored for headless services'] : []),
    ...(isHeadless && sessionAffinity !== 'None' ? ['spec.SessionAffinity is ignored for headless services'] : []),
    ...(isName && externalIPs.length > 0 ? ['spec.externalIPs is ignored when spec.type is "ExternalName"'] : []),
    ...(!isName && externalName !== '' ? ['spec.externalName is ignored when spec.type is not "ExternalName"'] : []),
  ];
}
