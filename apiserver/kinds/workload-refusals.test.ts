import { Judge } from './testing/refusals';

let judge: Judge;
beforeAll(async () => (judge = await Judge.start()));
afterAll(() => judge.stop());

const selector = { matchLabels: { a: 'b' } };
const container = { name: 'c', image: 'i' };
const template = (fields: object = {}, labels: object = { a: 'b' }) => ({
  metadata: { labels },
  spec: { containers: [container], ...fields },
});
const workload = (fields: object) => ({ spec: { selector, template: template(), ...fields } });
const job = (fields: object, pod: object = {}) => ({
  spec: { template: { spec: template({ restartPolicy: 'Never', ...pod }).spec }, ...fields },
});
const indexed = (fields: object) => job({ completionMode: 'Indexed', completions: 5, ...fields });
const cron = (fields: object) => ({ spec: { schedule: '* * * * *', jobTemplate: job({}), ...fields } });
const claim = (fields: object) => ({
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '2Gi' } }, ...fields },
});
const volume = (fields: object) => ({
  spec: { accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, hostPath: { path: '/a' }, ...fields },
});
const restart = 'spec.template.spec.restartPolicy';
const rules = (rule: object) => job({ podFailurePolicy: { rules: [rule] } });
const rule = 'spec.podFailurePolicy.rules[0]';

it.each<[string, string, object, (string | RegExp)[]]>([
  [
    'Deployment',
    'pods that end',
    workload({ template: template({ restartPolicy: 'Never', activeDeadlineSeconds: 5 }) }),
    [
      `${restart}: Unsupported value: "Never": supported values: "Always"`,
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported',
    ],
  ],
  [
    'Deployment',
    'other pods than it makes',
    workload({ template: template({}, { a: 'c' }) }),
    ['spec.template.metadata.labels: Invalid value: {"a":"c"}: `selector` does not match template `labels`'],
  ],
  [
    'Deployment',
    'a strategy of its own',
    workload({ strategy: { type: 'X' } }),
    ['spec.strategy: Unsupported value: {"type":"X"}: supported values: "Recreate", "RollingUpdate"'],
  ],
  [
    'Deployment',
    'a label that is none',
    workload({ template: template({}, { a: 'b', '/': '' }) }),
    [
      /^spec\.template\.labels: Invalid value: "\/": prefix part must be non-empty/,
      /template\.labels/,
      /template\.labels/,
    ],
  ],
  [
    'DaemonSet',
    'a selector of everything',
    workload({ selector: {} }),
    ['spec.selector: Invalid value: {}: empty selector is invalid for daemonset'],
  ],
  [
    'DaemonSet',
    'no way to change',
    workload({ updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } }),
    ['spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0'],
  ],
  [
    'DaemonSet',
    'a strategy of its own',
    workload({ updateStrategy: { type: 'X' } }),
    ['spec.updateStrategy: Unsupported value: {"type":"X"}: supported values: "RollingUpdate", "OnDelete"'],
  ],
  [
    'StatefulSet',
    'policies of its own',
    workload({ podManagementPolicy: 'X', updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } }),
    [
      "spec.podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'",
      'spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\'',
    ],
  ],
  [
    'StatefulSet',
    'a name with dots',
    { ...workload({}), metadata: { name: 'a.b' } },
    ['metadata.name: Invalid value: "a.b": must not contain dots'],
  ],
  ['ReplicationController', 'no template', { spec: { selector: { a: 'b' } } }, ['spec.template: Required value']],
  // Jobs
  [
    'Job',
    'pods that do not end',
    job({}, { restartPolicy: 'Always' }),
    [`${restart}: Required value: valid values: "OnFailure", "Never"`],
  ],
  [
    'Job',
    'pods that end as nobody knows',
    job({}, { restartPolicy: 'X' }),
    [
      /restartPolicy: Unsupported value: "X": supported values: "Always"/,
      `${restart}: Unsupported value: "X": supported values: "OnFailure", "Never"`,
    ],
  ],
  [
    'Job',
    'indexes without being indexed',
    job({ backoffLimitPerIndex: 1, maxFailedIndexes: 1 }),
    [
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
      'spec.maxFailedIndexes: Invalid value: 1: requires indexed completion mode',
    ],
  ],
  [
    'Job',
    'somebody else who is nobody',
    job({ managedBy: 'a/' }),
    ['spec.managedBy: Invalid value: "a/": must be a domain-prefixed path (such as "acme.io/foo")'],
  ],
  [
    'Job',
    'a rule that says nothing',
    rules({ action: '' }),
    [
      `${rule}.action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]`,
      `${rule}: Invalid value: specifying one of OnExitCodes and OnPodConditions is required`,
    ],
  ],
  [
    'Job',
    'exit codes in disorder',
    rules({ action: 'Count', onExitCodes: { operator: 'In', containerName: 'x', values: [2, 0, 2] } }),
    [
      `${rule}.onExitCodes.containerName: Invalid value: "x": must be one of the container or initContainer names in the pod template`,
      `${rule}.onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator`,
      `${rule}.onExitCodes.values[2]: Duplicate value: 2`,
      `${rule}.onExitCodes.values: Invalid value: [2,0,2]: must be ordered`,
    ],
  ],
  ['Job', 'a condition without a status', rules({ action: 'Count', onPodConditions: [{ type: 'A' }] }), []],
  [
    'Job',
    'replacements while pods fail',
    job({ podFailurePolicy: { rules: [] }, podReplacementPolicy: 'TerminatingOrFailed' }),
    ['spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"'],
  ],
  [
    'Job',
    'success by indexes that there are not',
    indexed({
      successPolicy: { rules: [{ succeededIndexes: '0-2,9' }, { succeededIndexes: '1-2', succeededCount: 3 }, {}] },
    }),
    [
      'spec.successPolicy.rules[0].succeededIndexes: Invalid value: "0-2,9": error parsing succeededIndexes: too large index: "9"',
      'spec.successPolicy.rules[1].succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)',
      'spec.successPolicy.rules[2]: Required value: at least one of succeededCount or succeededIndexes must be specified',
    ],
  ],
  [
    'Job',
    "another job's name",
    { spec: { template: template({ restartPolicy: 'Never' }, { 'batch.kubernetes.io/job-name': 'other' }) } },
    [/^spec\.template\.metadata\.labels\[batch\.kubernetes\.io\/job-name\]: Invalid value: .*: must be 'it'$/],
  ],
  [
    'CronJob',
    'a long name',
    { ...cron({}), metadata: { name: 'x'.repeat(53) } },
    [/^metadata\.name: Invalid value: "x+": must be no more than 52 characters$/],
  ],
  [
    'CronJob',
    'a selector of its jobs',
    cron({ jobTemplate: job({ selector, manualSelector: true }) }),
    [
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"a":"b"}}: `selector` will be auto-generated',
      'spec.jobTemplate.spec.manualSelector: Unsupported value: true: supported values: "nil", "false"',
    ],
  ],
  // Storage
  [
    'PersistentVolumeClaim',
    'half a claim',
    {
      spec: {
        accessModes: ['X', 'ReadWriteOncePod', 'ReadWriteOnce'],
        resources: { requests: { storage: '-1' } },
        volumeMode: 'X',
      },
    },
    [
      'spec.accessModes: Unsupported value: "X": supported values: "ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"',
      'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
      'spec.resources[storage]: Invalid value: "-1": must be greater than zero',
      'spec.volumeMode: Unsupported value: "X": supported values: "Block", "Filesystem"',
    ],
  ],
  [
    'PersistentVolumeClaim',
    'data from nowhere',
    claim({ dataSource: { kind: 'Secret', name: '' } }),
    [
      'spec.dataSource.name: Required value',
      'spec.dataSource: Invalid value: "Secret": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
    ],
  ],
  [
    'PersistentVolume',
    'no size',
    volume({ capacity: { cpu: '1' } }),
    ['spec.capacity: Unsupported value: {"cpu":"1"}: supported values: "storage"'],
  ],
  ['PersistentVolume', 'no source', volume({ hostPath: null }), ['spec: Required value: must specify a volume type']],
  [
    'PersistentVolume',
    'a node that nobody can choose',
    volume({ hostPath: null, local: { path: '/a' }, nodeAffinity: {} }),
    ['spec.nodeAffinity.required: Required value: must specify required node constraints'],
  ],
  [
    'Secret',
    'no key',
    { type: 'kubernetes.io/ssh-auth', data: { 'ssh-privatekey': '' } },
    ['data[ssh-privatekey]: Required value'],
  ],
  [
    'Secret',
    'a configuration that is none',
    { type: 'kubernetes.io/dockercfg', stringData: { '.dockercfg': '{' } },
    ['data[.dockercfg]: Invalid value: "<secret contents redacted>": must be valid JSON'],
  ],
  [
    'StorageClass',
    'topologies that say the same twice',
    {
      provisioner: 'a/b',
      allowedTopologies: [
        {
          matchLabelExpressions: [
            { key: 'a', values: ['x', 'x'] },
            { key: 'a', values: [] },
          ],
        },
      ],
    },
    [
      'allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "x"',
      'allowedTopologies[0].matchLabelExpressions[1].values: Required value',
      'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "a"',
    ],
  ],
  ['ControllerRevision', 'no data', {}, ['data: Required value: data is mandatory']],
  [
    'EndpointSlice',
    'too many addresses',
    {
      addressType: 'IPv4',
      endpoints: [{ addresses: Array.from({ length: 101 }, (_, index) => `10.0.0.${index}`), hostname: 'A' }],
    },
    [
      'endpoints[0].addresses: Too many: 101: must have at most 100 items',
      /^endpoints\[0\]\.hostname: Invalid value: "A": a lowercase RFC 1123 label/,
    ],
  ],
  [
    'HorizontalPodAutoscaler',
    'a metric of no type',
    { spec: { maxReplicas: 2, scaleTargetRef: { kind: 'D', name: 'd' }, metrics: [{ pods: {} }] } },
    [
      'spec.metrics[0].type: Required value: must specify a metric source type',
      'spec.metrics[0].pods.metric.name: Required value: must specify a metric name',
      'spec.metrics[0].pods.target.type: Required value: must specify a metric target type',
      'spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue',
      'spec.metrics[0].pods: Forbidden: must populate the given metric source only',
    ],
  ],
])('a %s with %s', async (kind, _what, body, expected) => {
  expect(await judge.ofNew(kind, body)).toEqual(
    expected.map((one) => (typeof one === 'string' ? one : (expect.stringMatching(one) as string))),
  );
});

const bound = { phase: 'Bound', capacity: { storage: '1Gi' } };
const claimIsFixed =
  'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n';
const size = (storage: string) => ({ resources: { requests: { storage } } });
it.each<[string, string, object, object, object | undefined, string[]]>([
  ['Job', 'its parallelism', job({}), { parallelism: 2 }, undefined, []],
  [
    'Job',
    'its completions',
    job({}),
    { completions: 2 },
    undefined,
    ['spec.completions: Invalid value: 2: field is immutable'],
  ],
  [
    'Job',
    'completions alone',
    indexed({}),
    { completions: 6 },
    undefined,
    ['spec.completions: Invalid value: 6: can only be modified in tandem with spec.parallelism'],
  ],
  ['Job', 'completions with parallelism', indexed({}), { completions: 6, parallelism: 6 }, undefined, []],
  [
    'Job',
    'where its pods run before it starts',
    job({ suspend: true }),
    { template: { spec: { nodeSelector: { a: 'b' } } } },
    undefined,
    [],
  ],
  ['PersistentVolumeClaim', 'its volume', claim({}), { volumeName: 'v' }, undefined, []],
  [
    'PersistentVolumeClaim',
    'its size before it is bound',
    claim({}),
    size('3Gi'),
    undefined,
    [`${claimIsFixed}- \tresources.requests.storage: "2Gi"\n+ \tresources.requests.storage: "3Gi"\n`],
  ],
  [
    'PersistentVolumeClaim',
    'what it has already',
    claim({}),
    size('1Gi'),
    bound,
    ['spec.resources.requests.storage: Forbidden: field can not be less than status.capacity'],
  ],
  ['PersistentVolumeClaim', 'what it does not have yet', claim({}), size('1500Mi'), bound, []],
  [
    'PersistentVolume',
    'where it lies',
    volume({}),
    { hostPath: { path: '/b' } },
    undefined,
    [
      'spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation\n- \thostPath.path: "/a"\n+ \thostPath.path: "/b"\n',
    ],
  ],
  [
    'StatefulSet',
    'its service',
    workload({}),
    { serviceName: 's' },
    undefined,
    [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
  ],
])('a change of a %s: %s', async (kind, _what, before, change, status, expected) => {
  expect(await judge.ofChange(kind, before, { spec: change }, status)).toEqual(expected);
});

it('gives a Job without labels those of its pods', async () => {
  const { metadata } = await judge.filled('Job', job({}));
  expect(metadata?.labels).toMatchObject({ 'job-name': 'it', 'batch.kubernetes.io/job-name': 'it' });
});
