import type { ApiObject } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { StatusError } from '../../shared/status-error';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';

let parts: TestRegistry;
beforeAll(async () => (parts = await startRegistry({ podSecurityDefault: 'privileged' })));
afterAll(() => parts.registry.close());

/** What is said against a new object, as `field: message`. */
async function refusalsOf(kind: string, body: object): Promise<readonly string[]> {
  const found = parts.registry.kinds.require(kind);
  const object: ApiObject = structuredClone({ metadata: { generateName: 'x-' }, ...body });
  try {
    const namespace = found.namespaced ? 'default' : undefined;
    await parts.registry.create(found, namespace, object, { user: { name: 'me', groups: [] }, dryRun: true });
    return [];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    const causes: readonly StatusCause[] = error.details?.causes ?? [{ field: '-', message: error.message }];
    return causes.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`);
  }
}

const spec = (fields: object) => ({ spec: fields });
const selector = { matchLabels: { a: 'b' } };
const container = { name: 'c', image: 'i' };
const template = (fields: object = {}) => ({
  metadata: { labels: { a: 'b' } },
  spec: { containers: [container], ...fields },
});
const service = (fields: object) => spec({ ports: [{ port: 1 }], ...fields });
const pod = (fields: object) => spec({ containers: [container], ...fields });
const job = (fields: object) => spec({ template: template({ restartPolicy: 'Never' }), ...fields });
const claim = (fields: object) =>
  spec({ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...fields });
const volume = (fields: object) => spec({ accessModes: ['ReadWriteOnce'], capacity: { storage: '1Gi' }, ...fields });
const autoscaler = (fields: object) => spec({ maxReplicas: 2, scaleTargetRef: { kind: 'D', name: 'd' }, ...fields });
const NOT_IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const required = 'requiredDuringSchedulingIgnoredDuringExecution';

it.each<[string, object, string]>([
  [
    'Pod',
    pod({
      containers: [{ ...container, resources: { requests: { cpu: '2' } } }],
      resources: { requests: { cpu: '1' } },
    }),
    'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
  ],
  [
    'Pod',
    pod({ containers: [{ ...container, resources: { limits: { cpu: '2' } } }], resources: { limits: { cpu: '1' } } }),
    'spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
  ],
  [
    'Pod',
    pod({ resources: { requests: { 'ephemeral-storage': '1Gi' } } }),
    'spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
  ],
  [
    'Pod',
    pod({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
    'spec.resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
  ],
  [
    'Pod',
    pod({ resources: { claims: [{ name: 'a' }] } }),
    'spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level',
  ],
  [
    'Deployment',
    spec({
      selector: { matchLabels: { a: 'b' } },
      template: template({ resources: { requests: { 'ephemeral-storage': '1' } } }),
    }),
    'spec.template.spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
  ],
  [
    'Pod',
    pod({
      containers: [{ ...container, lifecycle: { preStop: { sleep: { seconds: 31 } } } }],
      terminationGracePeriodSeconds: 30,
    }),
    'spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)',
  ],
  ['VolumeAttributesClass', { parameters: { iops: '1' } }, 'driverName: Required value'],
  [
    'VolumeAttributesClass',
    { driverName: 'a b', parameters: { iops: '1' } },
    "driverName: Invalid value: \"a b\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
  ],
  [
    'VolumeAttributesClass',
    { driverName: 'csi.example.com' },
    'parameters: Required value: must contain at least one key/value pair',
  ],
  [
    'Service',
    service({ sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 0 } } }),
    'spec.sessionAffinityConfig.clientIP.timeoutSeconds: Invalid value: 0: must be greater than 0 and less than 86400',
  ],
  [
    'Service',
    service({ type: 'NodePort', clusterIP: 'None' }),
    `spec.clusterIPs[0]: Invalid value: "None": may not be set to 'None' for NodePort services`,
  ],
  [
    'Service',
    spec({ ports: [{ port: 1, nodePort: 30_000 }] }),
    "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
  ],
  [
    'Service',
    service({ type: 'NodePort', externalTrafficPolicy: 'X' }),
    'spec.externalTrafficPolicy: Unsupported value: "X": supported values: "Cluster", "Local"',
  ],
  [
    'Service',
    service({ externalTrafficPolicy: 'Local' }),
    'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
  ],
  [
    'Service',
    service({ internalTrafficPolicy: 'X' }),
    'spec.internalTrafficPolicy: Unsupported value: "X": supported values: "Cluster", "Local"',
  ],
  ['Service', service({ externalIPs: ['x'] }), `spec.externalIPs[0]: Invalid value: "x": ${NOT_IP}`],
  [
    'Service',
    service({ type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.0/33'] }),
    'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.0/33": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'Service',
    service({ loadBalancerClass: 'a/b' }),
    "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
  ],
  [
    'Deployment',
    spec({ selector, template: template(), strategy: { rollingUpdate: { maxUnavailable: '150%' } } }),
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "150%": must not be greater than 100%',
  ],
  [
    'DaemonSet',
    spec({ selector, template: template(), updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } } }),
    'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
  ],
  [
    'PodDisruptionBudget',
    spec({ selector, minAvailable: '101%' }),
    'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
  ],
  [
    'Job',
    job({ selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'me' } } }),
    'spec.selector: Invalid value: {"matchLabels":{"batch.kubernetes.io/controller-uid":"me"}}: `selector` not auto-generated',
  ],
  [
    'Job',
    job({ podReplacementPolicy: 'X' }),
    'spec.podReplacementPolicy: Unsupported value: "X": supported values: "Failed", "TerminatingOrFailed"',
  ],
  [
    'Job',
    job({ podFailurePolicy: { rules: [{ action: 'FailJob', onExitCodes: { operator: 'In', values: [0] } }] } }),
    'spec.podFailurePolicy.rules[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
  ],
  [
    'PersistentVolumeClaim',
    claim({ accessModes: ['ReadWriteOnce', 'ReadWriteOncePod'] }),
    'spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes',
  ],
  [
    'PersistentVolumeClaim',
    claim({ volumeMode: 'X' }),
    'spec.volumeMode: Unsupported value: "X": supported values: "Block", "Filesystem"',
  ],
  [
    'PersistentVolumeClaim',
    claim({ resources: { requests: { storage: '0' } } }),
    'spec.resources[storage]: Invalid value: "0": must be greater than zero',
  ],
  [
    'PersistentVolume',
    volume({ persistentVolumeReclaimPolicy: 'Recycle', hostPath: { path: '/x/..' } }),
    "spec.persistentVolumeReclaimPolicy: Forbidden: may not be 'recycle' for a hostPath mount of '/'",
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50, averageValue: '1' } },
        },
      ],
    }),
    'spec.metrics[0].resource.target.averageValue: Forbidden: may not set both a target raw value and a target utilization',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }] }),
    'spec.metrics[0].resource.target.averageUtilization: Required value: must set either a target raw value or a target utilization',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({ metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 0 } } }] }),
    'spec.metrics[0].resource.target.type: Required value: must specify a metric target type',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 0 } } },
      ],
    }),
    'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({
      metrics: [
        {
          type: 'ContainerResource',
          containerResource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '1' } },
        },
      ],
    }),
    'spec.metrics[0].containerResource.container: Required value: must specify a container',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({
      metrics: [{ type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'Value', value: '1' } } }],
    }),
    'spec.metrics[0].pods.target.averageValue: Required value: must specify a positive target averageValue',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({
      metrics: [{ type: 'External', external: { metric: { name: '' }, target: { type: 'Mean', value: '1' } } }],
    }),
    'spec.metrics[0].external.target.type: Invalid value: "Mean": must be either Utilization, Value, or AverageValue',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({
      metrics: [
        {
          type: 'External',
          external: { metric: { name: 'q' }, target: { type: 'Value', value: '1', averageValue: '1' } },
        },
      ],
    }),
    'spec.metrics[0].external.target.value: Forbidden: may not set both a target value for metric and a per-pod target',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({ behavior: { scaleUp: { tolerance: '-1' } } }),
    'spec.behavior.scaleUp.tolerance: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({ behavior: { scaleDown: { stabilizationWindowSeconds: 4_000 } } }),
    'spec.behavior.scaleDown.stabilizationWindowSeconds: Invalid value: 4000: must be less than or equal to 3600',
  ],
  [
    'HorizontalPodAutoscaler',
    autoscaler({ behavior: { scaleUp: { policies: [{ type: 'X', value: 1, periodSeconds: 1 }] } } }),
    'spec.behavior.scaleUp.policies[0].type: Unsupported value: "X": supported values: "Percent", "Pods"',
  ],
  [
    'Node',
    spec({ podCIDRs: ['x'] }),
    'spec.podCIDRs[0]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
  ],
  [
    'EndpointSlice',
    { addressType: 'IPv4', endpoints: [{ addresses: ['x'] }] },
    `endpoints[0].addresses[0]: Invalid value: "x": ${NOT_IP}`,
  ],
  [
    'EndpointSlice',
    { addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] },
    'endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address',
  ],
  [
    'Endpoints',
    { subsets: [{ addresses: [{ ip: 'x' }] }] },
    `subsets[0].addresses[0].ip: Invalid value: "x": ${NOT_IP}`,
  ],
  [
    'ValidatingWebhookConfiguration',
    {
      webhooks: [
        {
          name: 'a.b.c',
          sideEffects: 'None',
          clientConfig: { url: 'https://a' },
          admissionReviewVersions: ['v1'],
          rules: [{ operations: ['X'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
        },
      ],
    },
    'webhooks[0].rules[0].operations[0]: Unsupported value: "X": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
  ],
  ['Pod', pod({ hostAliases: [{ ip: 'x' }] }), `spec.hostAliases[0].ip: Invalid value: "x": ${NOT_IP}`],
  [
    'Pod',
    pod({ affinity: { podAffinity: { [required]: [{ topologyKey: '' }] } } }),
    `spec.affinity.podAffinity.${required}[0].topologyKey: Required value: can not be empty`,
  ],
  [
    'Pod',
    pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }] }),
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
  ],
  [
    'Pod',
    pod({ topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'a', whenUnsatisfiable: 'X' }] }),
    'spec.topologySpreadConstraints[0].whenUnsatisfiable: Unsupported value: "X": supported values: "DoNotSchedule", "ScheduleAnyway"',
  ],
  ['Pod', pod({ schedulingGates: [{ name: 'a' }, { name: 'a' }] }), 'spec.schedulingGates[1]: Duplicate value: "a"'],
  ['Pod', pod({ os: { name: 'mac' } }), 'spec.os: Unsupported value: "mac": supported values: "linux", "windows"'],
  [
    'ConfigMap',
    { metadata: { name: 'q', ownerReferences: [{ apiVersion: 'v1', kind: 'Event', name: 'x', uid: 'u' }] } },
    'metadata.ownerReferences: Invalid value: {"apiVersion":"v1","kind":"Event","name":"x","uid":"u"}: /v1, Kind=Event is disallowed from being an owner',
  ],
  [
    'Pod',
    pod({ containers: [{ ...container, lifecycle: { preStop: { exec: { command: ['a'] }, httpGet: { port: 1 } } } }] }),
    'spec.containers[0].lifecycle.preStop.httpGet: Forbidden: may not specify more than 1 handler type',
  ],
  [
    'Pod',
    pod({ containers: [{ ...container, lifecycle: { postStart: {} } }] }),
    'spec.containers[0].lifecycle.postStart: Required value: must specify a handler type',
  ],
  [
    'Pod',
    pod({ initContainers: [{ name: 'i', image: 'i', lifecycle: { postStart: { exec: { command: ['a'] } } } }] }),
    'spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without restartPolicy=Always',
  ],
  [
    'Pod',
    pod({ containers: [{ ...container, resizePolicy: [{ resourceName: 'disk', restartPolicy: 'NotRequired' }] }] }),
    'spec.containers[0].resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
  ],
  [
    'Pod',
    pod({
      restartPolicy: 'Never',
      containers: [{ ...container, resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }] }],
    }),
    `spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when \`restartPolicy\` is 'Never'`,
  ],
  [
    'Pod',
    pod({ containers: [{ ...container, resources: { requests: { 'x.com/gpu': '1' } } }] }),
    'spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable resources',
  ],
  [
    'Pod',
    pod({
      containers: [{ ...container, resources: { requests: { 'x.com/gpu': '1' }, limits: { 'x.com/gpu': '2' } } }],
    }),
    'spec.containers[0].resources.requests: Invalid value: "1": must be equal to x.com/gpu limit of 2',
  ],
  [
    'Pod',
    pod({ containers: [{ ...container, resources: { limits: { 'hugepages-2Mi': '2Mi' } } }] }),
    'spec.containers[0].resources: Forbidden: HugePages require cpu or memory',
  ],
  [
    'Pod',
    pod({ containers: [{ ...container, resources: { limits: { gpu: '1' } } }] }),
    'spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers',
  ],
  [
    'Pod',
    pod({ securityContext: { supplementalGroups: [-1] } }),
    'spec.securityContext.supplementalGroups[0]: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ],
  [
    'Pod',
    pod({ overhead: { cpu: '1' } }),
    '-: pods "x-" is forbidden: pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
  ],
  ['Pod', pod({ runtimeClassName: 'none' }), '-: pods "x-" is forbidden: pod rejected: RuntimeClass "none" not found'],
  [
    'Job',
    job({ managedBy: 'me' }),
    'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [
    'Endpoints',
    { subsets: [{ addresses: [{ ip: '127.0.0.1' }] }] },
    'subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
  ],
  [
    'Endpoints',
    { subsets: [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 1 }, { port: 2, name: 'b' }] }] },
    'subsets[0].ports[0].name: Required value',
  ],
  [
    'EndpointSlice',
    {
      addressType: 'IPv4',
      endpoints: [],
      ports: [
        { name: 'a', port: 1 },
        { name: 'a', port: 2 },
      ],
    },
    'ports[1].name: Duplicate value: "a"',
  ],
  [
    'Event',
    { involvedObject: { name: 'p', namespace: 'default' }, eventTime: '2026-01-01T00:00:00.000000Z', reason: 'R' },
    'action: Required value',
  ],
])('refuses a %s of %j', async (kind, body, refusal) => {
  expect(await refusalsOf(kind, body)).toContain(refusal);
});

it('gives a pod what its RuntimeClass says', async () => {
  const { registry } = parts;
  const options = { user: { name: 'me', groups: [] } };
  const tolerations = [{ key: 'fast', operator: 'Exists' }];
  const classes = registry.kinds.require('RuntimeClass');
  const fast = {
    metadata: { name: 'fast' },
    handler: 'fast',
    overhead: { podFixed: { cpu: '1' } },
    scheduling: { nodeSelector: { fast: 'yes' }, tolerations },
  };
  await registry.create(classes, undefined, fast, options);
  const named = { metadata: { name: 'x' }, ...pod({ runtimeClassName: 'fast' }) };
  const { object } = await registry.create(registry.kinds.require('Pod'), 'default', named, options);
  expect(object['spec']).toMatchObject({ overhead: { cpu: '1' }, nodeSelector: { fast: 'yes' } });
  expect((object['spec'] as { tolerations: unknown }).tolerations).toEqual(expect.arrayContaining(tolerations));
  expect(await refusalsOf('Pod', pod({ runtimeClassName: 'fast', overhead: { cpu: '2' } }))).toEqual([
    `-: pods "x-" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead`,
  ]);
});
