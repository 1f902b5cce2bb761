import { Judge } from './testing/refusals';

let judge: Judge;
beforeAll(async () => (judge = await Judge.start()));
afterAll(() => judge.stop());

const port = { port: 80 };
const service = (fields: object) => ({ spec: { ports: [port], ...fields } });

it.each<[string, object, (string | RegExp)[]]>([
  ['an affinity that says nothing', service({ sessionAffinityConfig: { clientIP: { timeoutSeconds: 3 } } }), []],
  ['no port', { spec: {} }, ['spec.ports: Required value']],
  [
    'a name and an address',
    {
      spec: {
        type: 'ExternalName',
        externalName: 'a.b.',
        clusterIP: '10.0.0.1',
        clusterIPs: ['10.0.0.1'],
        ipFamilies: ['IPv4'],
      },
    },
    [
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
      'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
    ],
  ],
  [
    'a name that is none',
    { spec: { type: 'ExternalName', externalName: 'A' } },
    [/^spec\.externalName: Invalid value: "A": a lowercase RFC 1123 subdomain must consist/],
  ],
  [
    'ports that are alike',
    service({
      ports: [
        { port: 80, name: 'a' },
        { port: 80, name: 'a' },
      ],
    }),
    ['spec.ports[1].name: Duplicate value: "a"', 'spec.ports[1]: Duplicate value: {"protocol":"TCP","port":80}'],
  ],
  [
    'an address that is none',
    service({ clusterIP: 'x' }),
    [/^spec\.clusterIPs\[0\]: Invalid value: "x": must be a valid IP address/],
  ],
  [
    'addresses that disagree',
    service({ clusterIP: 'None', clusterIPs: ['10.0.0.1'] }),
    ['spec.clusterIPs: Invalid value: ["10.0.0.1"]: first value must match `clusterIP`'],
  ],
  [
    'a family twice',
    service({ ipFamilies: ['IPv4', 'IPv4'], ipFamilyPolicy: 'X' }),
    [
      'spec.ipFamilies[1]: Duplicate value: "IPv4"',
      'spec.ipFamilyPolicy: Unsupported value: "X": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
    ],
  ],
  [
    "an address outside that is everybody's own",
    service({ externalIPs: ['127.0.0.1'] }),
    ['spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)'],
  ],
  [
    'what only balanced ones have',
    service({
      allocateLoadBalancerNodePorts: true,
      loadBalancerClass: 'a/b',
      loadBalancerSourceRanges: ['10.0.0.0/8'],
    }),
    [
      "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
      "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
    ],
  ],
])('a service with %s', async (_what, body, expected) => {
  expect(await judge.ofNew('Service', body)).toEqual(
    expected.map((one) => (typeof one === 'string' ? one : (expect.stringMatching(one) as string))),
  );
});

it.each<[string, object, object, (string | RegExp)[]]>([
  ['its ports', service({}), { ports: [{ port: 81 }] }, []],
  [
    'another address',
    service({}),
    { clusterIP: '1.2.3.4' },
    ['spec.clusterIPs[0]: Invalid value: ["1.2.3.4"]: may not change once set'],
  ],
  ['no address', service({}), { clusterIP: null, clusterIPs: null }, []],
  [
    'another balancer',
    service({ type: 'LoadBalancer', loadBalancerClass: 'a/b' }),
    { loadBalancerClass: 'a/c' },
    ['spec.loadBalancerClass: Invalid value: "a/c": may not change once set'],
  ],
  // What the new type has no use for goes by itself.
  ['being balanced no more', service({ type: 'LoadBalancer', loadBalancerClass: 'a/b' }), { type: 'ClusterIP' }, []],
  ['becoming a name', service({}), { type: 'ExternalName', externalName: 'a.b' }, []],
])('a change of a service to %s', async (_what, before, change, expected) => {
  expect(await judge.ofChange('Service', before, { spec: change })).toEqual(expected);
});
