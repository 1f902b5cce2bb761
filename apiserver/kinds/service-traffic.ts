import type { ServiceSpec } from 'kubernetes-types/core/v1';
import type { StatusCause } from '../../shared/status-error';
import { cidr, ipAddress } from './validation/addresses';
import { each, forbiddenField, invalidValue, notSupported } from './validation/field-errors';

const POLICIES = ['Cluster', 'Local'];
const FAMILY_POLICIES = ['SingleStack', 'PreferDualStack', 'RequireDualStack'];
const DAY_SECONDS = 86_400;

/** Which ways lead to a service, and to whom the traffic goes. */
export function trafficProblems(spec: ServiceSpec): readonly StatusCause[] {
  const { externalTrafficPolicy, internalTrafficPolicy, ipFamilyPolicy, sessionAffinity } = spec;
  const seconds = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  return [
    ...(sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined
      ? [forbiddenField('spec.sessionAffinityConfig', 'must not be set when session affinity is None')]
      : []),
    ...(sessionAffinity === 'ClientIP' && seconds !== undefined && (seconds <= 0 || seconds > DAY_SECONDS)
      ? [
          invalidValue(
            'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
            seconds,
            `must be greater than 0 and less than ${DAY_SECONDS}`,
          ),
        ]
      : []),
    ...oneOf('spec.externalTrafficPolicy', externalTrafficPolicy, POLICIES),
    ...oneOf('spec.internalTrafficPolicy', internalTrafficPolicy, POLICIES),
    ...oneOf('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES),
    ...each('spec.externalIPs', spec.externalIPs, (address, path) => ipAddress(path, address)),
    ...each('spec.loadBalancerSourceRanges', spec.loadBalancerSourceRanges, (range, path) => cidr(path, range.trim())),
  ];
}

const oneOf = (field: string, value: string | undefined, known: readonly string[]): readonly StatusCause[] =>
  value === undefined || value === '' || known.includes(value) ? [] : [notSupported(field, value, known)];

/** What a new service of this type cannot have; of one that becomes another type it goes by itself. */
export function typeProblems(spec: ServiceSpec): readonly StatusCause[] {
  const { type = '', ports = [], externalTrafficPolicy: policy } = spec;
  const isBalanced = type === 'LoadBalancer';
  const isOutside = isBalanced || type === 'NodePort';
  const balancedOnly = "may only be used when `type` is 'LoadBalancer'";
  return [
    ...(isOutside && spec.clusterIP === 'None'
      ? [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)]
      : []),
    ...(type === 'ClusterIP'
      ? each('spec.ports', ports, ({ nodePort = 0 }, path) =>
          nodePort === 0 ? [] : [forbiddenField(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'")],
        )
      : []),
    ...(!isOutside && (policy ?? '') !== '' && (spec.externalIPs ?? []).length === 0
      ? [invalidValue('spec.externalTrafficPolicy', policy, 'may only be set for externally-accessible services')]
      : []),
    ...(!isBalanced && spec.loadBalancerClass !== undefined
      ? [forbiddenField('spec.loadBalancerClass', balancedOnly)]
      : []),
    ...(!isBalanced && (spec.loadBalancerSourceRanges ?? []).length > 0
      ? [forbiddenField('spec.loadBalancerSourceRanges', balancedOnly)]
      : []),
    ...((spec.healthCheckNodePort ?? 0) !== 0 && !(isBalanced && policy === 'Local')
      ? [
          invalidValue(
            'spec.healthCheckNodePort',
            spec.healthCheckNodePort,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
          ),
        ]
      : []),
  ];
}
