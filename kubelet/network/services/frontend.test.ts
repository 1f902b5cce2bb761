import type { NetworkEndpoint, NetworkService, NetworkSlice } from '../../../shared/wire/network';
import { frontendKey, frontendsOf, targetKey } from './frontend';

const service = (more: Partial<NetworkService> = {}): NetworkService => ({
  namespace: 'default',
  name: 'web',
  clusterIp: '10.96.0.7',
  externalIps: [],
  ports: [{ name: 'http', port: 80, protocol: 'TCP', nodePort: 30_080 }],
  internalLocal: false,
  externalLocal: false,
  publishNotReady: false,
  ...more,
});
const endpoint = (address: string, more: Partial<NetworkEndpoint> = {}): NetworkEndpoint => ({
  address,
  nodeName: 'n1',
  ready: true,
  serving: true,
  terminating: false,
  ...more,
});
const slice = (...endpoints: NetworkEndpoint[]): NetworkSlice => ({
  namespace: 'default',
  name: 'web-1',
  service: 'web',
  ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  endpoints,
});
const ending = { ready: false, terminating: true };

function planned(spec: NetworkService, slices: readonly NetworkSlice[], own = new Map()): Record<string, string[]> {
  const frontends = frontendsOf(spec, slices, { nodeName: 'n1', ownTargets: own });
  return Object.fromEntries(frontends.map((each) => [frontendKey(each), each.targets.map(targetKey)]));
}

it.each<[string, NetworkService, readonly NetworkSlice[], Record<string, string[]>]>([
  [
    'sends to every ready endpoint, once each, at every address',
    service({ externalIps: ['192.0.2.1'] }),
    [slice(endpoint('10.1.0.2'), endpoint('10.1.0.1')), slice(endpoint('10.1.0.1'))],
    {
      '10.96.0.7/TCP/80': ['10.1.0.1:8080', '10.1.0.2:8080'],
      '192.0.2.1/TCP/80': ['10.1.0.1:8080', '10.1.0.2:8080'],
      '*/TCP/30080': ['10.1.0.1:8080', '10.1.0.2:8080'],
    },
  ],
  [
    'leaves out those that end while there are others',
    service(),
    [slice(endpoint('10.1.0.1', ending), endpoint('10.1.0.2'))],
    { '10.96.0.7/TCP/80': ['10.1.0.2:8080'], '*/TCP/30080': ['10.1.0.2:8080'] },
  ],
  [
    'sends to those that end where there are no others',
    service(),
    [slice(endpoint('10.1.0.1', ending))],
    { '10.96.0.7/TCP/80': ['10.1.0.1:8080'], '*/TCP/30080': ['10.1.0.1:8080'] },
  ],
  [
    'keeps what comes from outside on this node where the policy says so',
    service({ externalLocal: true }),
    [slice(endpoint('10.1.0.1'), endpoint('10.2.0.1', { nodeName: 'n2' }))],
    { '10.96.0.7/TCP/80': ['10.1.0.1:8080', '10.2.0.1:8080'], '*/TCP/30080': ['10.1.0.1:8080'] },
  ],
  [
    'refuses where nobody is ready',
    service({ internalLocal: true }),
    [slice(endpoint('10.2.0.1', { nodeName: 'n2' }))],
    { '10.96.0.7/TCP/80': [], '*/TCP/30080': ['10.2.0.1:8080'] },
  ],
])('%s', (_what, spec, slices, expected) => {
  expect(planned(spec, slices)).toEqual(expected);
});

it('asks nothing of the kernel for a Service without an address', () => {
  const { clusterIp, ...headless } = service({ ports: [{ name: 'http', port: 80, protocol: 'TCP' }] });
  expect(planned(headless, [slice(endpoint('10.1.0.1'))])).toEqual({});
});

it('serves itself what is this node to serve', () => {
  const own = new Map([['default/web', { address: '172.17.0.1', port: 5353 }]]);
  expect(planned(service(), [], own)).toMatchObject({ '10.96.0.7/TCP/80': ['172.17.0.1:5353'] });
});
