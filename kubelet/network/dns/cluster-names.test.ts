import type { NetworkService, NetworkSlice } from '../../../shared/wire/network';
import { NetworkState } from '../network-state';
import { ClusterNames } from './cluster-names';

const base: Omit<NetworkService, 'name'> = {
  namespace: 'shop',
  externalIps: [],
  ports: [{ name: 'http', port: 80, protocol: 'TCP' }],
  internalLocal: false,
  externalLocal: false,
  publishNotReady: false,
};
const services: readonly NetworkService[] = [
  { ...base, name: 'web', clusterIp: '10.96.0.7' },
  { ...base, name: 'db' },
  { ...base, name: 'far', externalName: 'example.com', ports: [] },
];
const state = { ready: true, serving: true, terminating: false };
const slices: readonly NetworkSlice[] = [
  {
    namespace: 'shop',
    name: 'db-1',
    service: 'db',
    ports: [{ name: 'http', port: 5432, protocol: 'TCP' }],
    endpoints: [
      { address: '10.1.0.1', hostname: 'db-0', ...state },
      { address: '10.1.0.2', ...state },
      { address: '10.1.0.3', ...state, ready: false },
    ],
  },
];
const known = new NetworkState();
known.apply({ kind: 'snapshot', revision: 1, services, slices, removedServices: [], removedSlices: [] });
const names = new ClusterNames(known, 'cluster.local');

const ask = (name: string, type = 'A'): unknown => {
  const found = names.find(name, type);
  return found?.rcode === 'NXDOMAIN'
    ? 'NXDOMAIN'
    : found?.answers.map((answer) => ('data' in answer ? answer.data : ''));
};

it.each<[string, string, unknown]>([
  ['web.shop.svc.cluster.local', 'A', ['10.96.0.7']],
  ['WEB.Shop.svc.cluster.local', 'A', ['10.96.0.7']],
  ['web.shop.svc.cluster.local', 'AAAA', []],
  ['db.shop.svc.cluster.local', 'A', ['10.1.0.1', '10.1.0.2']],
  ['db-0.db.shop.svc.cluster.local', 'A', ['10.1.0.1']],
  ['10-1-0-2.db.shop.svc.cluster.local', 'A', ['10.1.0.2']],
  ['db-9.db.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['far.shop.svc.cluster.local', 'A', ['example.com']],
  [
    '_http._tcp.web.shop.svc.cluster.local',
    'SRV',
    [{ priority: 0, weight: 100, port: 80, target: 'web.shop.svc.cluster.local' }],
  ],
  [
    '_http._tcp.db.shop.svc.cluster.local',
    'SRV',
    [
      { priority: 0, weight: 50, port: 5432, target: 'db-0.db.shop.svc.cluster.local' },
      { priority: 0, weight: 50, port: 5432, target: '10-1-0-2.db.shop.svc.cluster.local' },
    ],
  ],
  ['7.0.96.10.in-addr.arpa', 'PTR', ['web.shop.svc.cluster.local']],
  ['1.0.1.10.in-addr.arpa', 'PTR', ['db-0.db.shop.svc.cluster.local']],
  ['10-1-0-9.shop.pod.cluster.local', 'A', ['10.1.0.9']],
  ['shop.svc.cluster.local', 'A', []],
  ['none.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['web.none.svc.cluster.local', 'A', 'NXDOMAIN'],
  ['example.com', 'A', undefined],
  ['8.8.8.8.in-addr.arpa', 'PTR', undefined],
])('of %s, %s is %j', (name, type, expected) => {
  expect(ask(name, type)).toEqual(expected);
});
