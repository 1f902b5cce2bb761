import type { ApiObject } from '../../shared/api/objects';
import { SYSTEM_USER } from '../auth/user';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';
import { causes } from './testing/refusals';

let cluster: TestRegistry;
beforeAll(async () => {
  cluster = await startRegistry();
});
afterAll(() => cluster.registry.close());

const options = { user: SYSTEM_USER, dryRun: true } as const;

/** The problems of an object in a dry run, one a line; none where it is accepted. */
async function problemsOf(kindName: string, fields: object, name = 'it'): Promise<readonly string[]> {
  const kind = cluster.registry.kinds.require(kindName);
  const object: ApiObject = { metadata: { name }, ...structuredClone(fields) };
  const namespace = kind.namespaced ? 'default' : undefined;
  return causes(cluster.registry.create(kind, namespace, object, options));
}

async function problemsOfChange(kindName: string, before: object, change: object): Promise<readonly string[]> {
  const kind = cluster.registry.kinds.require(kindName);
  const key = { namespace: kind.namespaced ? 'default' : undefined, name: 'it' };
  const object: ApiObject = { metadata: { name: key.name }, ...structuredClone(before) };
  await cluster.registry.create(kind, key.namespace, object, { user: SYSTEM_USER });
  try {
    return await causes(cluster.registry.patch(kind, key, { type: 'merge', body: change }, options));
  } finally {
    await cluster.registry.delete(kind, key, { user: SYSTEM_USER });
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const service = (spec: object): object => ({ spec: { ports: [{ port: 80 }], ...spec } });

it.each<[string, object, string[]]>([
  ['Secret', { data: { a: base64('x') } }, []],
  ['Secret', { type: 'example.com/anything', stringData: { a: 'x' } }, []],
  ['Secret', { data: { 'a/b': '' } }, [expect.stringContaining('data[a/b]: Invalid value: "a/b"') as string]],
  ['Secret', { type: 'kubernetes.io/tls' }, ['data[tls.crt]: Required value', 'data[tls.key]: Required value']],
  ['Secret', { type: 'kubernetes.io/tls', stringData: { 'tls.crt': '', 'tls.key': '' } }, []],
  ['Secret', { type: 'kubernetes.io/ssh-auth' }, ['data[ssh-privatekey]: Required value']],
  ['Secret', { type: 'kubernetes.io/dockercfg' }, ['data[.dockercfg]: Required value']],
  [
    'Secret',
    { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': 'no json' } },
    ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": must be valid JSON'],
  ],
  [
    'Secret',
    { type: 'kubernetes.io/basic-auth' },
    ['data[username]: Required value', 'data[password]: Required value'],
  ],
  ['Secret', { type: 'kubernetes.io/basic-auth', stringData: { username: 'me' } }, []],
  [
    'Secret',
    { type: 'kubernetes.io/service-account-token' },
    ['metadata.annotations[kubernetes.io/service-account.name]: Required value'],
  ],
  [
    'Secret',
    { stringData: { big: 'x'.repeat(1024 * 1024 + 1) } },
    ['data: Too long: may not be more than 1048576 bytes'],
  ],
  ['Service', service({}), []],
  ['Service', { spec: {} }, ['spec.ports: Required value']],
  ['Service', { spec: { clusterIP: 'None' } }, []],
  [
    'Service',
    service({ type: 'Magic' }),
    [
      'spec.type: Unsupported value: "Magic": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
    ],
  ],
  ['Service', { spec: { type: 'ExternalName' } }, ['spec.externalName: Required value']],
  ['Service', { spec: { type: 'ExternalName', externalName: 'example.com' } }, []],
  ['Service', service({ ports: [{ port: 80 }, { port: 81, name: 'b' }] }), ['spec.ports[0].name: Required value']],
  [
    'Service',
    service({
      ports: [
        { port: 80, name: 'a' },
        { port: 81, name: 'a' },
      ],
    }),
    ['spec.ports[1].name: Duplicate value: "a"'],
  ],
  [
    'Service',
    service({ ports: [{ port: 0 }] }),
    expect.arrayContaining([
      'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
    ]) as string[],
  ],
  [
    'Service',
    service({ ports: [{ port: 80, protocol: 'ICMP' }] }),
    ['spec.ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"'],
  ],
  [
    'Service',
    service({ sessionAffinity: 'Cookie' }),
    ['spec.sessionAffinity: Unsupported value: "Cookie": supported values: "ClientIP", "None"'],
  ],
  ['Node', {}, []],
  [
    'Node',
    { spec: { taints: [{ key: 'a', effect: 'Sometimes' }] } },
    [
      'metadata.taints[0].effect: Unsupported value: "Sometimes": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
    ],
  ],
  [
    'Node',
    {
      spec: {
        taints: [
          { key: 'a', effect: 'NoSchedule' },
          { key: 'a', value: 'x', effect: 'NoSchedule' },
        ],
      },
    },
    [
      'metadata.taints[1]: Duplicate value: {"key":"a","value":"x","effect":"NoSchedule"}: taints must be unique by key and effect pair',
    ],
  ],
  ['Lease', { spec: { leaseDurationSeconds: 15 } }, []],
  [
    'Lease',
    { spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } },
    [
      'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
      'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
    ],
  ],
  ['PriorityClass', { value: 1_000_000_000 }, []],
  [
    'PriorityClass',
    { value: 1_000_000_001 },
    ['value: Forbidden: maximum allowed value of a user defined priority is 1000000000'],
  ],
  [
    'PriorityClass',
    { value: 1, preemptionPolicy: 'Maybe' },
    ['preemptionPolicy: Unsupported value: "Maybe": supported values: "PreemptLowerPriority", "Never"'],
  ],
])('a new %s %j has the problems %j', async (kind, fields, expected) => {
  expect(await problemsOf(kind, fields)).toEqual(expected);
});

const frozen = 'Forbidden: field is immutable when `immutable` is set';
it.each<[string, object, object, string[]]>([
  ['Secret', { type: 'a' }, { type: 'b' }, ['type: Invalid value: "b": field is immutable']],
  ['Secret', { immutable: true }, { stringData: { a: 'x' } }, [`data: ${frozen}`]],
  ['Secret', { immutable: true }, { immutable: false }, [`immutable: ${frozen}`]],
  ['Secret', { immutable: true }, { metadata: { labels: { a: 'b' } } }, []],
  ['Node', {}, { spec: { providerID: 'x://1' } }, []],
  [
    'Node',
    { spec: { providerID: 'x://1' } },
    { spec: { providerID: 'x://2' } },
    ['spec.providerID: Forbidden: node updates may not change providerID except from "" to valid'],
  ],
  ['PriorityClass', { value: 1 }, { value: 2 }, ['value: Forbidden: may not be changed in an update.']],
  [
    'PriorityClass',
    { value: 1 },
    { preemptionPolicy: 'Never' },
    ['preemptionPolicy: Invalid value: "Never": field is immutable'],
  ],
  ['PriorityClass', { value: 1 }, { description: 'new' }, []],
])('a %s %j changed by %j has the problems %j', async (kind, before, change, expected) => {
  expect(await problemsOfChange(kind, before, change)).toEqual(expected);
});

it('keeps system names of priority classes for the system', async () => {
  expect(await problemsOf('PriorityClass', { value: 1 }, 'system-mine')).toEqual([
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ]);
});

it('has one global default among the priority classes', async () => {
  const { registry, client } = await startRegistry();
  await client.create('PriorityClass', { metadata: { name: 'first' }, value: 5, globalDefault: true });
  await expect(
    client.create('PriorityClass', { metadata: { name: 'second' }, value: 6, globalDefault: true }),
  ).rejects.toMatchObject({
    reason: 'Forbidden',
    message: expect.stringContaining(
      'PriorityClass first is already marked as default. Only one default can exist',
    ) as string,
  });
  await registry.close();
});
