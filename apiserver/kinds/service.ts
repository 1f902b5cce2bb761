import type { ApiObject, Service, StoredObject } from '../../shared/api/objects';
import { ageColumn, balancersText, column, labelsText, nameColumn } from './columns';
import type { Kind } from './kind';
import { serviceWarnings } from './service-warnings';
import { isReachedFromOutside, serviceProblems, serviceUpdateProblems } from './service-problems';
import { setDefault } from './set-default';
import { ALL_VERBS, STATUS, proxyOf } from './verbs';

type ServiceSpec = NonNullable<Service['spec']>;
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
    setDefault(spec, 'type', 'ClusterIP');
    setDefault(spec, 'sessionAffinity', 'None');
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
    if (spec.sessionAffinity === 'ClientIP' && spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined)
      spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } };
    if (spec.type !== 'ExternalName') {
      spec.internalTrafficPolicy ??= 'Cluster';
      spec.ipFamilyPolicy ??= 'SingleStack';
      spec.ipFamilies ??= ['IPv4'];
    }
    if (isReachedFromOutside(spec)) setDefault(spec, 'externalTrafficPolicy', 'Cluster');
    if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true;
    for (const port of spec.ports ?? []) {
      setDefault(port, 'protocol', 'TCP');
      setDefault(port, 'targetPort', port.port);
      // Clients that send protobuf write 0 for a node port that is not set.
      if (port.nodePort === 0) delete port.nodePort;
    }
    object['status'] ??= { loadBalancer: {} };
  },
  validate: serviceProblems,
  validateUpdate: serviceUpdateProblems,
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
