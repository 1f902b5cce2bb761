import { aPod } from '../../shared/testing/builders';
import type { ServiceLink } from '../../shared/wire/node-channel';
import { serviceEnvironment, throughRelay } from './service-environment';

const cluster: ServiceLink = {
  name: 'kubernetes',
  clusterIp: '10.96.0.1',
  ports: [{ name: 'https', port: 443, protocol: 'TCP' }],
  isCluster: true,
};
const database: ServiceLink = {
  name: 'my-db',
  clusterIp: '10.96.0.7',
  ports: [
    { port: 5432, protocol: 'TCP' },
    { name: 'dns-udp', port: 53, protocol: 'UDP' },
  ],
  isCluster: false,
};

it("tells of each Service as Kubernetes does, and in the style of Docker's links", () => {
  expect(Object.fromEntries(serviceEnvironment(aPod(), [database]))).toEqual({
    MY_DB_SERVICE_HOST: '10.96.0.7',
    MY_DB_SERVICE_PORT: '5432',
    MY_DB_SERVICE_PORT_DNS_UDP: '53',
    MY_DB_PORT: 'tcp://10.96.0.7:5432',
    MY_DB_PORT_5432_TCP: 'tcp://10.96.0.7:5432',
    MY_DB_PORT_5432_TCP_PROTO: 'tcp',
    MY_DB_PORT_5432_TCP_PORT: '5432',
    MY_DB_PORT_5432_TCP_ADDR: '10.96.0.7',
    MY_DB_PORT_53_UDP: 'udp://10.96.0.7:53',
    MY_DB_PORT_53_UDP_PROTO: 'udp',
    MY_DB_PORT_53_UDP_PORT: '53',
    MY_DB_PORT_53_UDP_ADDR: '10.96.0.7',
  });
});

it('names this node as the way to the API, and to nothing else', () => {
  const api = { host: 'kubernetes.default.svc', ip: '172.17.0.1', port: 40_001 };
  const environment = serviceEnvironment(aPod(), throughRelay([cluster, database], api));
  expect(Object.fromEntries(environment)).toMatchObject({
    KUBERNETES_SERVICE_HOST: 'kubernetes.default.svc',
    KUBERNETES_SERVICE_PORT: '40001',
    KUBERNETES_SERVICE_PORT_HTTPS: '40001',
    KUBERNETES_PORT: 'tcp://kubernetes.default.svc:40001',
    MY_DB_SERVICE_HOST: '10.96.0.7',
  });
  expect(throughRelay([cluster], undefined)).toEqual([cluster]);
});

it('writes an IPv6 address in brackets where a port follows', () => {
  const environment = serviceEnvironment(aPod(), [{ ...database, clusterIp: 'fd00::7' }]);
  expect(environment.get('MY_DB_SERVICE_HOST')).toBe('fd00::7');
  expect(environment.get('MY_DB_PORT')).toBe('tcp://[fd00::7]:5432');
});

it("tells a pod without service links of the cluster's own API alone", () => {
  const environment = serviceEnvironment(aPod({ spec: { enableServiceLinks: false } }), [database, cluster]);
  expect(environment.get('KUBERNETES_SERVICE_HOST')).toBe('10.96.0.1');
  expect(environment.get('KUBERNETES_SERVICE_PORT_HTTPS')).toBe('443');
  expect([...environment.keys()].filter((name) => name.startsWith('MY_DB'))).toEqual([]);
});

it("prefers a Service of the pod's own namespace to the cluster's of the same name", () => {
  const own = { ...cluster, clusterIp: '10.96.0.9', isCluster: false };
  for (const services of [
    [own, cluster],
    [cluster, own],
  ])
    expect(serviceEnvironment(aPod(), services).get('KUBERNETES_SERVICE_HOST')).toBe('10.96.0.9');
});
