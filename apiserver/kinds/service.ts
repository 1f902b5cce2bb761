import type { ApiObject, Service, StoredObject } from '../../shared/api/objects';
import { isDns1123Label, isPortName, isQualifiedName } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import { ageColumn, balancersText, column, labelsText, nameColumn } from './columns';
import type { Kind } from './kind';
import { serviceWarnings } from './service-warnings';
import { trafficProblems, typeProblems } from './service-traffic';
import { checkName, duplicate, each, invalidValue, notSupported, required } from './validation/field-errors';
import { validateLabels } from './validation/object-meta';
import { ALL_VERBS, STATUS, proxyOf } from './verbs';

type ServiceSpec = NonNullable<Service['spec']>;
const TYPES = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const AFFINITIES = ['ClientIP', 'None'];
const DISTRIBUTIONS = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const AFFINITY_SECONDS = 10_800;

const specOf = (object: ApiObject | StoredObject): ServiceSpec => (object['spec'] as ServiceSpec | undefined) ?? {};

export const service: Kind = {
  group: '',
  version: 'v1',
  kind: 'Service',
  plural: 'services',
  singular: 'service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  verbs: ALL_VERBS,
  subresources: [STATUS, proxyOf('ServiceProxyOptions')],
  schema: 'io.k8s.api.core.v1.Service',
  createsOnUpdate: true,
  columns: [
    nameColumn,
    column('Type', (object) => specOf(object).type ?? '', { description: 'How the service is exposed' }),
    column('Cluster-IP', (object) => clusterAddress(specOf(object)), {
      description: 'Its address in the cluster',
    }),
    column('External-IP', externalText, { description: 'Its addresses outside' }),
    column('Port(s)', (object) => portsText(specOf(object)), { description: 'The ports it serves' }),
    ageColumn,
    column('Selector', (object) => labelsText(specOf(object).selector), {
      wide: true,
      description: 'The pods behind it',
    }),
  ],
  fieldSelectors: ['spec.clusterIP', 'spec.type'],
  nameRule: 'dns1035-label',
  hasStatus: true,
  hasGeneration: false,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as ServiceSpec;
    spec.type ??= 'ClusterIP';
    spec.sessionAffinity ??= 'None';
    if (spec.sessionAffinity === 'ClientIP')
      spec.sessionAffinityConfig ??= { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
    if (spec.type !== 'ExternalName') {
      spec.internalTrafficPolicy ??= 'Cluster';
      spec.ipFamilyPolicy ??= 'SingleStack';
      spec.ipFamilies ??= ['IPv4'];
    }
    if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') spec.externalTrafficPolicy ??= 'Cluster';
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
    for (const port of spec.ports ?? []) {
      port.protocol ??= 'TCP';
      port.targetPort ??= port.port;
      // Clients that send protobuf write 0 for a node port that is not set.
      if (port.nodePort === 0) delete port.nodePort;
    }
    object['status'] ??= { loadBalancer: {} };
  },
  validate,
  validateCreate: (object) => typeProblems(specOf(object)),
  validateUpdate(object, old) {
    const [now, before] = [specOf(object), specOf(old)];
    const isFixed = now.type !== 'ExternalName' && before.type !== 'ExternalName' && before.clusterIP !== undefined;
    return isFixed && now.clusterIP !== before.clusterIP
      ? [invalidValue('spec.clusterIPs[0]', now.clusterIPs, 'may not change once set')]
      : [];
  },
  warnings: serviceWarnings,
  claims(object) {
    const { clusterIP = '', ports = [] } = specOf(object);
    const nodePorts = new Set(ports.flatMap(({ nodePort }) => nodePort ?? []));
    return [
      ...(clusterIP === '' || clusterIP === 'None' ? [] : [`cluster-ips/${clusterIP}`]),
      ...[...nodePorts].map((port) => `node-ports/${port}`),
    ];
  },
};

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { type = '', ports = [] } = spec;
  const isHeadless = spec.clusterIP === 'None';
  const names = new Set<string>();
  const numbers = new Set<string>();
  return [
    ...(ports.length === 0 && type !== 'ExternalName' && !isHeadless ? [required('spec.ports')] : []),
    ...(TYPES.includes(type) ? [] : [notSupported('spec.type', type, TYPES)]),
    ...(type === 'ExternalName' && (spec.externalName ?? '') === '' ? [required('spec.externalName')] : []),
    ...(AFFINITIES.includes(spec.sessionAffinity ?? 'None')
      ? []
      : [notSupported('spec.sessionAffinity', spec.sessionAffinity, AFFINITIES)]),
    ...trafficProblems(spec),
    ...(spec.trafficDistribution === undefined || DISTRIBUTIONS.includes(spec.trafficDistribution)
      ? []
      : [notSupported('spec.trafficDistribution', spec.trafficDistribution, DISTRIBUTIONS)]),
    ...validateLabels('spec.selector', spec.selector),
    ...each('spec.ports', ports, (port, path) => {
      const id = `${port.protocol ?? ''}/${port.port}`;
      const found = [
        ...(ports.length > 1 && (port.name ?? '') === ''
          ? [required(`${path}.name`)]
          : checkName(`${path}.name`, port.name, isDns1123Label)),
        ...(port.name !== undefined && names.has(port.name) ? [duplicate(`${path}.name`, port.name)] : []),
        ...portProblems(`${path}.port`, port.port),
        ...checkName(`${path}.appProtocol`, port.appProtocol, isQualifiedName),
        ...(PROTOCOLS.includes(port.protocol ?? '')
          ? []
          : [notSupported(`${path}.protocol`, port.protocol, PROTOCOLS)]),
        ...(typeof port.targetPort === 'string'
          ? checkName(`${path}.targetPort`, port.targetPort, isPortName)
          : portProblems(`${path}.targetPort`, port.targetPort ?? 0)),
        ...(numbers.has(id) ? [duplicate(path, { protocol: port.protocol, port: port.port })] : []),
      ];
      if (port.name !== undefined) names.add(port.name);
      numbers.add(id);
      return found;
    }),
  ];
}

const portProblems = (path: string, port: number): readonly StatusCause[] =>
  port >= 1 && port <= 65_535 ? [] : [invalidValue(path, port, 'must be between 1 and 65535, inclusive')];

function externalText(object: StoredObject): string {
  const spec = specOf(object);
  if (spec.type === 'ExternalName') return spec.externalName ?? '';
  const isBalanced = spec.type === 'LoadBalancer';
  const balancers = isBalanced ? balancersText((object as unknown as Service).status?.loadBalancer?.ingress) : '';
  const all = [balancers, ...(spec.externalIPs ?? [])].filter((text) => text !== '');
  return all.join(',') || (isBalanced ? '<pending>' : '<none>');
}

const clusterAddress = ({ clusterIP = '' }: ServiceSpec): string => (clusterIP === '' ? '<none>' : clusterIP);

const portsText = ({ ports = [] }: ServiceSpec): string =>
  ports.length === 0
    ? '<none>'
    : ports
        .map(
          ({ port, nodePort, protocol }) =>
            `${port}${(nodePort ?? 0) === 0 ? '' : `:${nodePort}`}/${protocol ?? 'TCP'}`,
        )
        .join(',');
