import { Judge } from './testing/refusals';

let judge: Judge;
beforeAll(async () => (judge = await Judge.start()));
afterAll(() => judge.stop());

const container = { name: 'c', image: 'i' };
const labels = { a: 'b' };
const pod = (fields: object, annotations?: object) => ({
  metadata: { name: 'it', ...(annotations === undefined ? {} : { annotations }) },
  spec: { containers: [container], ...fields },
});
const of = (fields: object) => pod({ containers: [{ ...container, ...fields }] });
const workload = (fields: object) => ({
  spec: {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [container], ...fields } },
  },
});
const near = { topologyKey: 'a' };
const needed = 'requiredDuringSchedulingIgnoredDuringExecution';
const former = 'deprecated since v1.14; use "kubernetes.io/os" instead';

it.each<[string, object, string[]]>([
  ['Pod', pod({}), []],
  [
    'Pod',
    { ...pod({}), metadata: { name: 'a.b' } },
    [
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]",
    ],
  ],
  [
    'Pod',
    pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } }),
    [`spec.nodeSelector[beta.kubernetes.io/os]: ${former}`],
  ],
  [
    'Pod',
    pod({
      affinity: {
        podAntiAffinity: { [needed]: [near] },
        nodeAffinity: {
          [needed]: {
            nodeSelectorTerms: [{ matchExpressions: [{ key: 'beta.kubernetes.io/os', operator: 'Exists' }] }],
          },
        },
      },
    }),
    [
      `spec.affinity.nodeAffinity.${needed}.nodeSelectorTerms[0].matchExpressions[0].key: beta.kubernetes.io/os is ${former}`,
      `spec.affinity.podAntiAffinity.${needed}[0].labelSelector: a null labelSelector results in matching no pod`,
    ],
  ],
  [
    'Pod',
    pod({ volumes: [{ name: 'g', gitRepo: { repository: 'r' } }] }),
    ['spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+'],
  ],
  [
    'Pod',
    pod({ hostAliases: [{ ip: '1.1.1.1' }, { ip: '1.1.1.1' }], imagePullSecrets: [{ name: 's' }, { name: '' }] }),
    ['spec.hostAliases[1].ip: duplicate ip "1.1.1.1"', 'spec.imagePullSecrets[1].name: invalid empty name ""'],
  ],
  [
    'Pod',
    pod({}, { 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' }),
    [
      'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ],
  ],
  [
    'Pod',
    of({
      env: [
        { name: 'A', value: '1' },
        { name: 'A', value: '$(A)2' },
        { name: 'A', value: '3' },
      ],
    }),
    ['spec.containers[0].env[2]: hides previous definition of "A", which may be dropped when using apply'],
  ],
  [
    'Pod',
    of({ resources: { limits: { memory: '1500m' }, requests: { memory: '1' } } }),
    ['spec.containers[0].resources.limits[memory]: fractional byte value "1500m" is invalid, must be an integer'],
  ],
  [
    'Pod',
    of({
      ports: [
        { containerPort: 80 },
        { containerPort: 80 },
        { containerPort: 80, hostPort: 5 },
        { containerPort: 81, hostIP: '1.1.1.1' },
      ],
    }),
    [
      'spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]',
      'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[0]',
      'spec.containers[0].ports[2]: overlapping port definition with spec.containers[0].ports[1]',
      'spec.containers[0].ports[3]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:81 Protocol:TCP HostIP:1.1.1.1}',
    ],
  ],
  [
    'Pod',
    pod({ terminationGracePeriodSeconds: -1 }),
    ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
  ],
  [
    'Deployment',
    { ...workload({ nodeSelector: { 'beta.kubernetes.io/os': 'x' } }), metadata: { name: 'a.b' } },
    [
      'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]',
      `spec.template.spec.nodeSelector[beta.kubernetes.io/os]: ${former}`,
    ],
  ],
  [
    'CronJob',
    {
      spec: {
        schedule: '* * * * *',
        jobTemplate: {
          spec: {
            template: {
              spec: { containers: [container], restartPolicy: 'Never', nodeSelector: { 'beta.kubernetes.io/os': 'x' } },
            },
          },
        },
      },
    },
    [`spec.jobTemplate.spec.template.spec.nodeSelector[beta.kubernetes.io/os]: ${former}`],
  ],
  [
    'PersistentVolumeClaim',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1500m' } } } },
    ['spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer'],
  ],
  [
    'PersistentVolume',
    {
      spec: {
        accessModes: ['ReadWriteOnce'],
        capacity: { storage: '1Gi' },
        hostPath: { path: '/a' },
        persistentVolumeReclaimPolicy: 'Recycle',
      },
    },
    [
      'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
    ],
  ],
  [
    'Ingress',
    {
      metadata: { name: 'it', annotations: { 'kubernetes.io/ingress.class': 'nginx' } },
      spec: { defaultBackend: { service: { name: 's', port: { number: 1 } } } },
    },
    [`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`],
  ],
  [
    'Service',
    {
      spec: {
        type: 'ClusterIP',
        clusterIP: 'None',
        sessionAffinity: 'ClientIP',
        externalName: 'a.b',
        ports: [{ port: 1 }],
      },
    },
    [
      'spec.SessionAffinity is ignored for headless services',
      'spec.externalName is ignored when spec.type is not "ExternalName"',
    ],
  ],
])('of a new %s %j clients are told %j', async (kind, body, expected) => {
  expect(await judge.warningsOfNew(kind, body)).toEqual(expected);
});

it('says it again of a workload only where it asks for something else', async () => {
  const before = workload({ nodeSelector: { 'beta.kubernetes.io/os': 'x' } });
  const told = [`spec.template.spec.nodeSelector[beta.kubernetes.io/os]: ${former}`];
  expect(await judge.warningsOfChange('ReplicaSet', before, { metadata: { labels } })).toEqual([]);
  expect(await judge.warningsOfChange('ReplicaSet', before, { spec: { replicas: 2 } })).toEqual(told);
  // Annotations of a Deployment count as well.
  expect(await judge.warningsOfChange('Deployment', before, { metadata: { annotations: labels } })).toEqual(told);
});

it('says nothing of a pod that changes', async () => {
  const before = pod({ nodeSelector: { 'beta.kubernetes.io/os': 'linux' } });
  expect(await judge.warningsOfChange('Pod', before, { spec: { activeDeadlineSeconds: 5 } })).toEqual([]);
});
