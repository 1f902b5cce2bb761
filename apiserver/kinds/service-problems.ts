import { isIPv6 } from 'node:net';
import type { ServicePort, ServiceSpec } from 'kubernetes-types/core/v1';
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { isDns1123Label, isDns1123Subdomain, isPortName, isQualifiedName } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import { cidr, endpointAddress, ipAddress } from './validation/addresses';
import {
  checkName,
  duplicate,
  each,
  forbiddenField,
  invalidValue,
  notSupported,
  oneOf,
  oneOfIfSet,
  required,
  when,
} from './validation/field-errors';
import { portRange } from './validation/numbers';
import { validateLabels } from './validation/object-meta';

const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const AFFINITIES = ['ClientIP', 'None'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const FAMILIES = ['IPv4', 'IPv6'];
const FAMILY_POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const POLICIES = ['Cluster', 'Local'];
const DAY_SECONDS = 86_400;
const BALANCED_ONLY = "may only be used when `type` is 'LoadBalancer'";
const FIXED = 'may not change once set';

const specOf = (object: ApiObject | StoredObject): ServiceSpec => (object['spec'] as ServiceSpec | undefined) ?? {};
const isHeadless = ({ clusterIPs = [] }: ServiceSpec): boolean => clusterIPs.length === 1 && clusterIPs[0] === 'None';
const isBalanced = ({ type }: ServiceSpec): boolean => type === 'LoadBalancer';
const needsHealthCheck = (spec: ServiceSpec): boolean => isBalanced(spec) && spec.externalTrafficPolicy === 'Local';

/** Whether others than the cluster's own reach it. */
export const isReachedFromOutside = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);

/** ValidateService of kubernetes/pkg/apis/core/validation, in its order. */
export function serviceProblems(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { type = '', ports = [], sessionAffinity = '', allocateLoadBalancerNodePorts, loadBalancerClass } = spec;
  return [
    ...when(ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName', required('spec.ports')),
    ...when(
      isHeadless(spec) && (isBalanced(spec) || type === 'NodePort'),
      invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`),
    ),
    ...(type === 'ExternalName' ? externalNameProblems(spec) : []),
    ...portsProblems(ports),
    ...validateLabels('spec.selector', spec.selector),
    ...oneOf('spec.sessionAffinity', sessionAffinity, AFFINITIES),
    ...(sessionAffinity === 'ClientIP' ? affinityProblems(spec) : []),
    ...(type === 'ExternalName' ? [] : addressesProblems(spec)),
    ...each('spec.externalIPs', spec.externalIPs, (address, path) => endpointAddress(path, address)),
    ...oneOf('spec.type', type, TYPES),
    ...nodePortProblems(spec),
    ...portPairProblems(ports),
    ...sourceRangeProblems(spec),
    ...when(
      allocateLoadBalancerNodePorts !== undefined && !isBalanced(spec),
      forbiddenField('spec.allocateLoadBalancerNodePorts', BALANCED_ONLY),
    ),
    ...(isBalanced(spec)
      ? checkName('spec.loadBalancerClass', loadBalancerClass, isQualifiedName)
      : when(loadBalancerClass !== undefined, forbiddenField('spec.loadBalancerClass', BALANCED_ONLY))),
    ...externalPolicyProblems(spec),
    ...oneOfIfSet('spec.internalTrafficPolicy', spec.internalTrafficPolicy, POLICIES),
    ...oneOfIfSet('spec.trafficDistribution', spec.trafficDistribution, DISTRIBUTIONS),
  ];
}

/** It is a name, and has nothing of its own. The name may end in a dot. */
function externalNameProblems(spec: ServiceSpec): readonly StatusCause[] {
  const why = 'may not be set for ExternalName services';
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  return [
    ...when((spec.clusterIPs ?? []).length > 0, forbiddenField('spec.clusterIPs', why)),
    ...when((spec.ipFamilies ?? []).length > 0, forbiddenField('spec.ipFamilies', why)),
    ...when(spec.ipFamilyPolicy !== undefined, forbiddenField('spec.ipFamilyPolicy', why)),
    ...(name === '' ? [required('spec.externalName')] : checkName('spec.externalName', name, isDns1123Subdomain)),
  ];
}

function portsProblems(ports: readonly ServicePort[]): readonly StatusCause[] {
  const names = new Set<string>();
  return each('spec.ports', ports, ({ name = '', port = 0, protocol, targetPort = 0, appProtocol }, path) => {
    const isAgain = name !== '' && names.has(name);
    names.add(name);
    return [
      ...(name === ''
        ? when(ports.length > 1, required(`${path}.name`))
        : checkName(`${path}.name`, name, isDns1123Label)),
      ...when(isAgain, duplicate(`${path}.name`, name)),
      ...portRange(`${path}.port`, port),
      ...oneOf(`${path}.protocol`, protocol, PROTOCOLS),
      ...(typeof targetPort === 'string'
        ? checkName(`${path}.targetPort`, targetPort, isPortName)
        : portRange(`${path}.targetPort`, targetPort)),
      ...checkName(`${path}.appProtocol`, appProtocol, isQualifiedName),
    ];
  });
}

function affinityProblems({ sessionAffinityConfig }: ServiceSpec): readonly StatusCause[] {
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  return when(
    seconds !== undefined && (seconds <= 0 || seconds > DAY_SECONDS),
    invalidValue(
      'spec.sessionAffinityConfig.clientIP.timeoutSeconds',
      seconds,
      `must be greater than 0 and less than ${DAY_SECONDS}`,
    ),
  );
}

/** One address of each family, and `clusterIP` the first of them. */
function addressesProblems(spec: ServiceSpec): readonly StatusCause[] {
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const field = 'spec.clusterIPs';
  const refuse = (why: string): StatusCause => invalidValue(field, clusterIPs, why);
  const malformed = each(field, clusterIPs, (ip, path, index) =>
    index === 0 && ip === 'None'
      ? when(clusterIPs.length > 1, refuse("'None' must be the first and only value"))
      : ipAddress(path, ip),
  );
  return [
    ...(clusterIP === ''
      ? when(clusterIPs.length > 0, refuse('must be empty when `clusterIP` is not specified'))
      : clusterIPs.length === 0
        ? [required(field)]
        : when(clusterIPs[0] !== clusterIP, refuse('first value must match `clusterIP`'))),
    ...each('spec.ipFamilies', ipFamilies, (family, path, index) => [
      ...when(!FAMILIES.includes(family), notSupported(path, family, FAMILIES)),
      ...when(ipFamilies.indexOf(family) < index, duplicate(path, family)),
    ]),
    ...oneOfIfSet('spec.ipFamilyPolicy', ipFamilyPolicy, FAMILY_POLICIES),
    ...malformed,
    ...when(clusterIPs.length > 2, refuse('may only hold up to 2 values')),
    ...(malformed.length > 0 ? [] : familyProblems(spec)),
  ];
}

function familyProblems(spec: ServiceSpec): readonly StatusCause[] {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const isDual = new Set(clusterIPs.map((ip) => isIPv6(ip))).size > 1;
  return [
    ...when(
      clusterIPs.length > 1 && !isDual,
      invalidValue('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'),
    ),
    ...each('spec.clusterIPs', isHeadless(spec) ? [] : clusterIPs, (ip, path, index) => {
      const family = ipFamilies[index];
      const isOther = family !== undefined && FAMILIES.includes(family) && (family === 'IPv6') !== isIPv6(ip);
      const why = `expected an ${family ?? ''} value as indicated by \`ipFamilies[${index}]\``;
      return when(isOther, invalidValue(path, ip, why));
    }),
  ];
}

function nodePortProblems({ type, ports = [] }: ServiceSpec): readonly StatusCause[] {
  const seen = new Set<string>();
  return [
    ...each('spec.ports', type === 'ClusterIP' ? ports : [], ({ nodePort = 0 }, path) =>
      when(nodePort !== 0, forbiddenField(`${path}.nodePort`, "may not be used when `type` is 'ClusterIP'")),
    ),
    ...each('spec.ports', ports, ({ nodePort = 0, protocol = '' }, path) => {
      const isAgain = nodePort !== 0 && seen.has(`${protocol}/${nodePort}`);
      seen.add(`${protocol}/${nodePort}`);
      return when(isAgain, duplicate(`${path}.nodePort`, nodePort));
    }),
  ];
}

function portPairProblems(ports: readonly ServicePort[]): readonly StatusCause[] {
  const seen = new Set<string>();
  return each('spec.ports', ports, ({ port, protocol = '' }, path) => {
    const isAgain = seen.has(`${protocol}/${port}`);
    seen.add(`${protocol}/${port}`);
    return when(isAgain, duplicate(path, { protocol, port }));
  });
}

function sourceRangeProblems(spec: ServiceSpec): readonly StatusCause[] {
  // The capital is Kubernetes' own.
  const field = 'spec.LoadBalancerSourceRanges';
  const ranges = spec.loadBalancerSourceRanges ?? [];
  return [
    ...when(ranges.length > 0 && !isBalanced(spec), forbiddenField(field, BALANCED_ONLY)),
    ...each(field, ranges, (range, path) => cidr(path, range.trim())),
  ];
}

function externalPolicyProblems(spec: ServiceSpec): readonly StatusCause[] {
  const { externalTrafficPolicy: policy = '', healthCheckNodePort: port = 0 } = spec;
  const [field, check] = ['spec.externalTrafficPolicy', 'spec.healthCheckNodePort'];
  return [
    ...(isReachedFromOutside(spec)
      ? oneOf(field, policy, POLICIES)
      : when(policy !== '', invalidValue(field, policy, 'may only be set for externally-accessible services'))),
    ...(needsHealthCheck(spec)
      ? port === 0
        ? []
        : portRange(check, port)
      : when(
          port !== 0,
          invalidValue(
            check,
            port,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
          ),
        )),
  ];
}

/** What of a service stays as long as it has addresses, and is balanced by somebody. */
export function serviceUpdateProblems(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const { healthCheckNodePort: port } = spec;
  return [
    ...addressUpdateProblems(spec, before),
    ...when(
      isBalanced(spec) && isBalanced(before) && spec.loadBalancerClass !== before.loadBalancerClass,
      invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, FIXED),
    ),
    ...when(
      needsHealthCheck(spec) && needsHealthCheck(before) && port !== before.healthCheckNodePort,
      forbiddenField('spec.healthCheckNodePort', 'field is immutable'),
    ),
  ];
}

function addressUpdateProblems(spec: ServiceSpec, before: ServiceSpec): readonly StatusCause[] {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return [];
  if (isHeadless(spec) && isHeadless(before)) return [];
  const [ips, ipsBefore] = [spec.clusterIPs ?? [], before.clusterIPs ?? []];
  const [families, familiesBefore] = [spec.ipFamilies ?? [], before.ipFamilies ?? []];
  return [
    ...(ips.length === 0 && ipsBefore.length > 0
      ? [invalidValue('spec.clusterIPs[0]', ips, 'primary clusterIP can not be unset')]
      : ipsBefore.flatMap((ip, index) =>
          when(
            (index === 0 || ips.length === ipsBefore.length) && ip !== ips[index],
            invalidValue(`spec.clusterIPs[${index}]`, ips, FIXED),
          ),
        )),
    ...(isHeadless(spec) || isHeadless(before)
      ? []
      : when(
          familiesBefore.length > 0 && families[0] !== familiesBefore[0],
          invalidValue('spec.ipFamilies[0]', families, FIXED),
        )),
  ];
}
