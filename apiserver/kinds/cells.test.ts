import type { StoredObject } from '../../shared/api/objects';
import type { Kind } from './kind';
import { createKindList } from './kinds';

const NOW = Date.UTC(2026, 0, 1, 12);
const at = (secondsAgo: number): string => new Date(NOW - secondsAgo * 1_000).toISOString().replace('.000', '');
const kinds = createKindList();

interface Traits {
  readonly metadata?: object;
  readonly [field: string]: unknown;
}

/** A cell of the table for an object with these fields, as a client sees it. */
function cell(kindName: string, columnName: string, { metadata, ...fields }: Traits, version = 'v1') {
  const isMeant = (kind: Kind): boolean => kind.kind === kindName && (version === '' || kind.version === version);
  const kind = kinds.all.find(isMeant) ?? kinds.require(kindName);
  const object = {
    apiVersion: kind.group === '' ? kind.version : `${kind.group}/${kind.version}`,
    kind: kindName,
    metadata: { name: 'web', namespace: 'default', creationTimestamp: at(300), ...metadata },
    ...fields,
  } as unknown as StoredObject;
  const column = kind.columns.find(({ name }) => name === columnName);
  if (column === undefined) throw new Error(`${kindName} has no column ${columnName}`);
  return column.cell(object, NOW);
}

const balancer = (...ingress: object[]): object => ({ loadBalancer: { ingress } });

describe('a Service', () => {
  it.each<[string, string, Traits]>([
    ['<none>', 'a cluster IP alone', { spec: { type: 'ClusterIP' } }],
    ['1.1.1.1,2.2.2.2', 'external addresses', { spec: { type: 'NodePort', externalIPs: ['1.1.1.1', '2.2.2.2'] } }],
    ['<pending>', 'a load balancer to come', { spec: { type: 'LoadBalancer' } }],
    [
      '1.1.1.1,2.2.2.2,lb.example.com',
      'several balancers, each once and in order, whole',
      {
        spec: { type: 'LoadBalancer' },
        status: balancer({ ip: '2.2.2.2' }, { hostname: 'lb.example.com' }, { ip: '1.1.1.1' }, { ip: '2.2.2.2' }),
      },
    ],
    [
      '3.3.3.3,1.1.1.1',
      'a balancer before external addresses',
      { spec: { type: 'LoadBalancer', externalIPs: ['1.1.1.1'] }, status: balancer({ ip: '3.3.3.3' }) },
    ],
    ['<none>', 'a balancer of former days', { spec: { type: 'ClusterIP' }, status: balancer({ ip: '3.3.3.3' }) }],
    ['db.example.com', 'another name', { spec: { type: 'ExternalName', externalName: 'db.example.com' } }],
  ])('is met outside at %s: %s', (expected, _, traits) => {
    expect(cell('Service', 'External-IP', traits)).toBe(expected);
  });

  it.each([
    ['<none>', {}],
    ['<none>', { clusterIP: '' }],
    ['None', { clusterIP: 'None' }],
    ['10.0.0.1', { clusterIP: '10.0.0.1' }],
  ])('is met in the cluster at %s', (expected, spec) => {
    expect(cell('Service', 'Cluster-IP', { spec })).toBe(expected);
  });

  it.each([
    ['<none>', []],
    ['80/TCP', [{ port: 80, protocol: 'TCP' }]],
    ['80/TCP', [{ port: 80, protocol: 'TCP', nodePort: 0 }]],
    ['80:30080/TCP,53/UDP', [{ port: 80, protocol: 'TCP', nodePort: 30080 }, { port: 53, protocol: 'UDP' }]], // prettier-ignore
  ])('serves %s', (expected, ports) => {
    expect(cell('Service', 'Port(s)', { spec: { ports } })).toBe(expected);
  });

  it('names the labels of its pods in their order', () => {
    expect(cell('Service', 'Selector', { spec: { selector: { tier: 'front', app: 'web' } } })).toBe(
      'app=web,tier=front',
    );
  });
});

describe('an Ingress', () => {
  const hosts = (...names: string[]) => ({ spec: { rules: names.map((host) => (host === '' ? {} : { host })) } });
  it.each([
    ['*', hosts()],
    ['*', hosts('')],
    ['a,b,c', hosts('a', 'b', 'c')],
    ['a,b,c + 1 more...', hosts('a', 'b', 'c', 'd')],
    ['a,b,c + 1 more...', hosts('a', 'b', 'c', '')],
    ['a,b,c + 2 more...', hosts('a', '', 'b', 'c', 'd')],
  ])('is for %s', (expected, traits) => {
    expect(cell('Ingress', 'Hosts', traits)).toBe(expected);
  });

  it('is met at each address once', () => {
    const status = balancer({ ip: '2.2.2.2' }, { ip: '1.1.1.1', hostname: 'x' }, { hostname: 'lb' }, { ip: '2.2.2.2' });
    expect(cell('Ingress', 'Address', { status })).toBe('1.1.1.1,2.2.2.2,lb');
  });
});

describe('Endpoints', () => {
  const ip = (text: string) => ({ ip: text });
  it.each([
    ['<none>', undefined],
    ['1.1.1.1,2.2.2.2', [{ addresses: [ip('1.1.1.1'), ip('2.2.2.2')] }]],
    ['1.1.1.1:80,2.2.2.2:80,1.1.1.1:81 + 1 more...', [{ addresses: [ip('1.1.1.1'), ip('2.2.2.2')], ports: [{ port: 80 }, { port: 81 }] }]], // prettier-ignore
    ['[fd00::1]:80', [{ addresses: [ip('fd00::1')], ports: [{ port: 80 }] }]],
    ['', [{ notReadyAddresses: [ip('1.1.1.1')], ports: [{ port: 80 }] }]],
  ])('are %s', (expected, subsets) => {
    expect(cell('Endpoints', 'Endpoints', { subsets })).toBe(expected);
  });

  it.each([
    ['<unset>', []],
    ['*', [{}]],
    ['http', [{ name: 'http' }]],
    ['80,81,82 + 1 more...', [{ port: 80 }, { port: 81 }, { port: 82 }, { port: 83 }]],
  ])('of a slice have the ports %s', (expected, ports) => {
    expect(cell('EndpointSlice', 'Ports', { ports })).toBe(expected);
  });
});

describe('a Node', () => {
  const ready = (status: string) => ({ status: { conditions: [{ type: 'Ready', status }] } });
  it.each<[string, Traits]>([
    ['Unknown', {}],
    ['Ready', ready('True')],
    ['NotReady', ready('False')],
    ['NotReady', ready('Unknown')],
    ['Ready,SchedulingDisabled', { ...ready('True'), spec: { unschedulable: true } }],
    ['Unknown,SchedulingDisabled', { spec: { unschedulable: true } }],
  ])('is %s', (expected, traits) => {
    expect(cell('Node', 'Status', traits)).toBe(expected);
  });

  it.each([
    ['<none>', {}],
    ['<none>', { 'node-role.kubernetes.io/': '' }],
    ['control-plane,edge', { 'node-role.kubernetes.io/edge': 'x', 'kubernetes.io/role': 'control-plane' }],
    ['edge', { 'node-role.kubernetes.io/edge': '', 'kubernetes.io/role': 'edge' }],
  ])('has the roles %s', (expected, labels) => {
    expect(cell('Node', 'Roles', { metadata: { labels } })).toBe(expected);
  });
});

describe('an Event', () => {
  const object = { involvedObject: { kind: 'Pod', name: 'web' } };
  it.each<[string, string, Traits]>([
    ['<unknown>', '<unknown>', {}],
    ['10s', '60s', { firstTimestamp: at(60), lastTimestamp: at(10) }],
    ['60s', '60s', { firstTimestamp: at(60) }],
    ['30s', '30s', { eventTime: at(30) }],
    ['5s', '30s', { eventTime: at(30), series: { count: 3, lastObservedTime: at(5) } }],
    ['5s', '30s', { eventTime: at(30), lastTimestamp: at(20), series: { count: 3, lastObservedTime: at(5) } }],
  ])('was seen %s ago, first %s ago', (last, first, traits) => {
    expect([cell('Event', 'Last Seen', { ...object, ...traits }), cell('Event', 'First Seen', { ...object, ...traits })]).toEqual([last, first]); // prettier-ignore
  });

  it.each<[number, Traits]>([
    [1, {}],
    [1, { count: 0 }],
    [6, { count: 6 }],
    [9, { count: 6, series: { count: 9 } }],
  ])('came %s times', (expected, traits) => {
    expect(cell('Event', 'Count', { ...object, ...traits })).toBe(expected);
  });

  it.each<[string, Traits]>([
    ['pod/web', object],
    ['pod', { involvedObject: { kind: 'Pod' } }],
  ])('is about %s', (expected, traits) => {
    expect(cell('Event', 'Object', traits)).toBe(expected);
  });

  it.each<[string, Traits]>([
    ['kubelet', { source: { component: 'kubelet' } }],
    ['kubelet, n1', { source: { component: 'kubelet', host: 'n1' } }],
    ['scheduler, s-0', { source: {}, reportingComponent: 'scheduler', reportingInstance: 's-0' }],
    ['kubelet, n1', { source: { component: 'kubelet' }, reportingComponent: 'other', reportingInstance: 'n1' }],
    ['scheduler', { source: { component: '', host: '' }, reportingComponent: 'scheduler' }],
  ])('comes from %s', (expected, traits) => {
    expect(cell('Event', 'Source', { ...object, ...traits })).toBe(expected);
  });
});

describe('a Job', () => {
  const is = (type: string) => ({ status: { conditions: [{ type, status: 'True' }] } });
  it.each<[string, Traits]>([
    ['Running', {}],
    ['Complete', is('Complete')],
    ['Failed', is('Failed')],
    ['Suspended', is('Suspended')],
    ['FailureTarget', is('FailureTarget')],
    ['Terminating', { ...is('Suspended'), metadata: { deletionTimestamp: at(1) } }],
    ['Running', { status: { conditions: [{ type: 'Complete', status: 'False' }] } }],
  ])('is %s', (expected, traits) => {
    expect(cell('Job', 'Status', traits)).toBe(expected);
  });

  it.each<[string, Traits]>([
    ['1/2', { spec: { completions: 2 }, status: { succeeded: 1 } }],
    ['0/1', { spec: {} }],
    ['0/1 of 3', { spec: { parallelism: 3 } }],
  ])('has done %s', (expected, traits) => {
    expect(cell('Job', 'Completions', traits)).toBe(expected);
  });

  it.each<[string, Traits]>([
    ['', {}],
    ['90s', { status: { startTime: at(90) } }],
    ['60s', { status: { startTime: at(90), completionTime: at(30) } }],
  ])('took "%s"', (expected, traits) => {
    expect(cell('Job', 'Duration', traits)).toBe(expected);
  });
});

describe('an autoscaler', () => {
  const cpu = (target: object) => ({ type: 'Resource', resource: { name: 'cpu', target } });
  const ofApp = (target: object) => ({ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'app', target } }); // prettier-ignore
  const pods = { type: 'Pods', pods: { metric: { name: 'hits' }, target: { averageValue: '100' } } };
  const queue = (target: object) => ({ type: 'External', external: { metric: { name: 'queue' }, target } });
  const ofIngress = (target: object) => ({ type: 'Object', object: { metric: { name: 'hits' }, target } });
  it.each<[string, readonly object[], readonly object[]]>([
    ['<none>', [], []],
    ['cpu: <unknown>/80%', [cpu({ averageUtilization: 80 })], []],
    ['cpu: 50%/80%', [cpu({ averageUtilization: 80 })], [{ resource: { current: { averageUtilization: 50, averageValue: '40m' } } }]], // prettier-ignore
    ['cpu: 40m/100m', [cpu({ averageValue: '100m' })], [{ resource: { current: { averageUtilization: 50, averageValue: '40m' } } }]], // prettier-ignore
    ['cpu: <unknown>/<auto>', [cpu({})], []],
    ['cpu: 9%/20%', [ofApp({ averageUtilization: 20 })], [{ containerResource: { current: { averageUtilization: 9 } } }]], // prettier-ignore
    ['<unknown>/100', [pods], []],
    ['50/100', [pods], [{ pods: { current: { averageValue: '50' } } }]],
    ['7/10', [queue({ value: '10' })], [{ external: { current: { value: '7' } } }]],
    ['3/10 (avg)', [queue({ averageValue: '10' })], [{ external: { current: { value: '7', averageValue: '3' } } }]],
    ['<unknown>/10 (avg)', [ofIngress({ averageValue: '10' })], []],
    ['4/9', [ofIngress({ value: '9' })], [{ object: { current: { value: '4' } } }]],
    ['<unknown>/100, cpu: <unknown>/80% + 1 more...', [pods, cpu({ averageUtilization: 80 }), pods], []],
  ])('aims at %s', (expected, metrics, currentMetrics) => {
    expect(cell('HorizontalPodAutoscaler', 'Targets', { spec: { metrics }, status: { currentMetrics } }, 'v2')).toBe(
      expected,
    );
  });

  it('shows in v1 what it aims at besides CPU', () => {
    const annotations = { 'autoscaling.alpha.kubernetes.io/metrics': JSON.stringify([pods]) };
    const traits = { metadata: { annotations }, spec: { targetCPUUtilizationPercentage: 80 }, status: {} };
    expect(cell('HorizontalPodAutoscaler', 'Targets', traits)).toBe('cpu: <unknown>/80%, <unknown>/100');
  });
});

describe('a claim', () => {
  const bound = { phase: 'Bound', capacity: { storage: '4Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] };
  it.each<[string, string, Traits]>([
    ['4Gi', 'RWO,ROX', { spec: { volumeName: 'v' }, status: bound }],
    ['', '', { spec: {}, status: bound }],
    ['0', '', { spec: { volumeName: 'v' }, status: { phase: 'Pending' } }],
  ])('has "%s" as "%s"', (capacity, modes, traits) => {
    expect(['Capacity', 'Access Modes'].map((name) => cell('PersistentVolumeClaim', name, traits))).toEqual([
      capacity,
      modes,
    ]);
  });

  it.each<[string, Traits]>([
    ['', { spec: {} }],
    ['fast', { spec: { storageClassName: 'fast' } }],
    ['slow', { metadata: { annotations: { 'volume.beta.kubernetes.io/storage-class': 'slow' } }, spec: { storageClassName: 'fast' } }], // prettier-ignore
  ])('is of the class "%s", as is a volume', (expected, traits) => {
    expect(['PersistentVolumeClaim', 'PersistentVolume'].map((kind) => cell(kind, 'StorageClass', traits))).toEqual([
      expected,
      expected,
    ]);
  });

  it('shows what is not set', () => {
    expect(cell('PersistentVolumeClaim', 'VolumeMode', { spec: {} })).toBe('<unset>');
    expect(cell('PersistentVolumeClaim', 'VolumeAttributesClass', { spec: {} })).toBe('<unset>');
    expect(cell('PersistentVolumeClaim', 'Status', { metadata: { deletionTimestamp: at(1) } })).toBe('Terminating');
  });
});

describe('a certificate request', () => {
  const conditions = (...types: string[]) => types.map((type) => ({ type }));
  it.each<[string, object]>([
    ['Pending', {}],
    ['Approved', { conditions: conditions('Approved') }],
    ['Denied', { conditions: conditions('Approved', 'Denied') }],
    ['Pending,Failed', { conditions: conditions('Failed') }],
    ['Approved,Failed', { conditions: conditions('Approved', 'Failed') }],
    ['Approved,Issued', { conditions: conditions('Approved'), certificate: 'cGVt' }],
  ])('is %s', (expected, status) => {
    expect(cell('CertificateSigningRequest', 'Condition', { status })).toBe(expected);
  });
});

it.each<[string, string, string, Traits]>([
  ['ReplicaSet', 'Selector', 'app in (a,b),env=test,!old,tier', { spec: { selector: { matchLabels: { env: 'test' }, matchExpressions: [{ key: 'tier', operator: 'Exists' }, { key: 'app', operator: 'In', values: ['b', 'a'] }, { key: 'old', operator: 'DoesNotExist' }] } } }], // prettier-ignore
  ['NetworkPolicy', 'Pod-Selector', '<none>', { spec: { podSelector: {} } }],
  ['DaemonSet', 'Node Selector', 'disk=ssd,zone=a', { spec: { template: { spec: { nodeSelector: { zone: 'a', disk: 'ssd' } } } } }], // prettier-ignore
  ['ResourceQuota', 'Request', 'cpu: 1/2, requests.memory: 0/1Gi', { status: { hard: { 'requests.memory': '1Gi', cpu: '2', 'limits.cpu': '4' }, used: { cpu: '1' } } }], // prettier-ignore
  ['ResourceQuota', 'Limit', 'limits.cpu: 0/4', { status: { hard: { cpu: '2', 'limits.cpu': '4' } } }],
  ['RoleBinding', 'ServiceAccounts', 'ci/robot, default/app', { subjects: [{ kind: 'ServiceAccount', namespace: 'ci', name: 'robot' }, { kind: 'User', name: 'ann' }, { kind: 'ServiceAccount', namespace: 'default', name: 'app' }] }], // prettier-ignore
  ['ControllerRevision', 'Controller', 'statefulset.apps/db', { metadata: { ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'db', uid: 'u', controller: true }] } }], // prettier-ignore
  ['ValidatingAdmissionPolicyBinding', 'ParamRef', '<unset>', { spec: {} }],
  ['ValidatingAdmissionPolicyBinding', 'ParamRef', '*/limits', { spec: { paramRef: { name: 'limits' } } }],
  ['ValidatingAdmissionPolicyBinding', 'ParamRef', 'ops/limits', { spec: { paramRef: { namespace: 'ops', name: 'limits' } } }], // prettier-ignore
  ['ComponentStatus', 'Status', 'Unknown', {}],
  ['IngressClass', 'Parameters', 'Limits.example.com/big', { spec: { parameters: { apiGroup: 'example.com', kind: 'Limits', name: 'big' } } }], // prettier-ignore
  ['IPAddress', 'ParentRef', 'services/default/web', { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'web' } } }], // prettier-ignore
  ['CronJob', 'Last Schedule', '<none>', { spec: {}, status: {} }],
  ['CronJob', 'Timezone', 'Europe/Vienna', { spec: { timeZone: 'Europe/Vienna' } }],
  ['PodDisruptionBudget', 'Min Available', 'N/A', { spec: { maxUnavailable: 1 } }],
])('shows of a %s as %s: %s', (kind, column, expected, traits) => {
  expect(cell(kind, column, traits)).toBe(expected);
});

it('adds up what the containers of a pod use', () => {
  const containers = [{ usage: { cpu: '600m', memory: '1024Ki' } }, { usage: { cpu: '400m', memory: '512Ki' } }];
  const shown = ['cpu', 'memory', 'Window'].map((name) =>
    cell('PodMetrics', name, { containers, window: '15s' }, 'v1beta1'),
  );
  expect(shown).toEqual(['1', '1536Ki', '15s']);
});
