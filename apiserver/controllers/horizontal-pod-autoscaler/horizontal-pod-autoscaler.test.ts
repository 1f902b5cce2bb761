import type { Event, Pod } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { keyOf } from '../../registry/client';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
/** What each pod uses; undefined: the nodes do not answer. */
let cpuMilli: number | undefined;
let looks: number;

beforeEach(async () => {
  cpuMilli = undefined;
  looks = 0;
  cluster = await startControllers((pods) => {
    looks += 1;
    const used = cpuMilli;
    return Promise.resolve(
      new Map(
        (used === undefined ? [] : pods).map(({ metadata: { uid, namespace, name } }) => [
          uid,
          { uid, namespace, name, containers: [{ name: 'app', cpuMilli: used ?? 0, memoryBytes: 1024 * 1024 }] },
        ]),
      ),
    );
  });
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };
const selector = { matchLabels: labels };
const template = {
  metadata: { labels },
  spec: { containers: [{ name: 'app', image: 'busybox:1', resources: { requests: { cpu: '100m' } } }] },
};
const cpuTarget = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

async function createDeployment(replicas: number, name = 'web'): Promise<void> {
  await cluster.client.create('Deployment', {
    metadata: { ...key, name },
    spec: { replicas, selector, template },
  });
  await cluster.idle();
  await run();
}
/** Lets every pod that does not run yet do so, and be ready for long. */
async function run(): Promise<void> {
  const longAgo = toTimestamp(cluster.clock.now() - 3_600_000);
  for (const pod of pods().filter(({ status }) => status?.phase === 'Pending')) {
    const status = {
      phase: 'Running',
      startTime: longAgo,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: longAgo }],
    };
    await cluster.client.modify('Pod', keyOf(pod), (current) => ({ ...current, status }), { subresource: 'status' });
  }
  await cluster.idle();
}
async function createAutoscaler(spec: object = {}, name = 'web'): Promise<void> {
  await cluster.client.create('HorizontalPodAutoscaler', {
    metadata: { ...key, name },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      maxReplicas: 10,
      metrics: [cpuTarget(50)],
      ...spec,
    },
  });
  await cluster.idle();
}
async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 15) {
    await cluster.clock.advance(15_000);
    await cluster.idle();
    await run();
  }
}
const pods = (): readonly Pod[] => cluster.client.view('Pod').list({ namespace: 'default' });
const autoscaler = (name = 'web') => cluster.client.view('HorizontalPodAutoscaler').get({ ...key, name });
const size = (): number | undefined => cluster.client.view('Deployment').get(key)?.spec?.replicas;
const condition = (type: string, name = 'web') =>
  autoscaler(name)?.status?.conditions?.find((each) => each.type === type);
const events = (): readonly Event[] =>
  cluster.client
    .view('Event')
    .list({ where: ({ involvedObject }) => involvedObject.kind === 'HorizontalPodAutoscaler' });

it('scales up under load, and says so', async () => {
  await createDeployment(2);
  cpuMilli = 90;
  await createAutoscaler();
  expect(size()).toBe(4);
  expect(autoscaler()?.status).toEqual({
    currentReplicas: 2,
    desiredReplicas: 4,
    lastScaleTime: '2026-01-01T00:00:00Z',
    currentMetrics: [
      { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 90, averageValue: '90m' } } },
    ],
    conditions: [
      {
        type: 'AbleToScale',
        status: 'True',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'SucceededRescale',
        message: 'the HPA controller was able to update the target scale to 4',
      },
      {
        type: 'ScalingActive',
        status: 'True',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'ValidMetricFound',
        message:
          'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
      },
      {
        type: 'ScalingLimited',
        status: 'False',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        reason: 'DesiredWithinRange',
        message: 'the desired count is within the acceptable range',
      },
    ],
  });
  expect(events()).toMatchObject([
    {
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: 'New size: 4; reason: cpu resource utilization (percentage of request) above target',
      source: { component: 'horizontal-pod-autoscaler' },
    },
  ]);
});

it('goes down again only after five quiet minutes', async () => {
  await createDeployment(4);
  cpuMilli = 50;
  await createAutoscaler();
  cpuMilli = 10;
  await pass(285);
  expect(size()).toBe(4);
  expect(condition('AbleToScale')).toMatchObject({ reason: 'ScaleDownStabilized' });
  await pass(30);
  expect(size()).toBe(1);
  expect(events()).toContainEqual(
    expect.objectContaining({ message: 'New size: 1; reason: All metrics below target' }),
  );
});

it('looks every 15 seconds, and writes only what changed', async () => {
  await createDeployment(2);
  cpuMilli = 50;
  await createAutoscaler();
  await pass(15);
  const before = [looks, autoscaler()?.metadata.resourceVersion];
  await pass(60);
  expect([looks - (before[0] as number), autoscaler()?.metadata.resourceVersion]).toEqual([4, before[1]]);
});

it('obeys its bounds whatever is used, and looks at once when they change', async () => {
  await createDeployment(2);
  await createAutoscaler({ minReplicas: 3 });
  expect(size()).toBe(3);
  expect(events()).toMatchObject([
    { message: 'New size: 3; reason: Current number of replicas below Spec.MinReplicas' },
  ]);
  await cluster.client.patch('HorizontalPodAutoscaler', key, {
    type: 'merge',
    body: { spec: { minReplicas: 1, maxReplicas: 2 } },
  });
  await cluster.idle();
  expect(size()).toBe(2);
});

it('leaves a target alone that is scaled to zero', async () => {
  await createDeployment(0);
  await createAutoscaler();
  expect(size()).toBe(0);
  expect(condition('ScalingActive')).toMatchObject({ status: 'False', reason: 'ScalingDisabled' });
});

it('keeps to the behavior that it is given', async () => {
  await createDeployment(2);
  cpuMilli = 500;
  await createAutoscaler({
    behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
  });
  expect(size()).toBe(3);
  expect(condition('ScalingLimited')).toMatchObject({ status: 'True', reason: 'ScaleUpLimit' });
  await pass(45);
  expect(size()).toBe(3);
  await pass(15);
  expect(size()).toBe(4);
});

it('says that nothing is known of its pods, and goes on when something is', async () => {
  await createDeployment(2);
  await createAutoscaler();
  const message =
    'failed to get cpu utilization: unable to get metrics for resource cpu: no metrics returned from resource metrics API';
  expect(condition('ScalingActive')).toMatchObject({
    status: 'False',
    reason: 'FailedGetResourceMetric',
    message: `the HPA was unable to compute the replica count: ${message}`,
  });
  const summary = `failed to get cpu resource metric value: ${message}`;
  expect(events().map(({ type, reason, message: text }) => [type, reason, text])).toEqual([
    ['Warning', 'FailedGetResourceMetric', message],
    ['Warning', 'FailedComputeMetricsReplicas', `invalid metrics (1 invalid out of 1), first error is: ${summary}`],
  ]);
  cpuMilli = 100;
  await pass(15);
  expect([size(), condition('ScalingActive')?.status]).toEqual([4, 'True']);
});

const noCustom =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
const noExternal =
  'unable to fetch metrics from external metrics API: no external metrics API (external.metrics.k8s.io) registered';

it.each([
  [
    { type: 'Pods', pods: { metric: { name: 'hits' }, target: { type: 'AverageValue', averageValue: '1' } } },
    'FailedGetPodsMetric',
    `unable to get metric hits: ${noCustom}`,
    'pods metric value',
  ],
  [
    {
      type: 'Object',
      object: {
        describedObject: { kind: 'Service', name: 'web' },
        metric: { name: 'hits' },
        target: { type: 'Value', value: '1' },
      },
    },
    'FailedGetObjectMetric',
    `unable to get metric hits: Service on default web/${noCustom}`,
    'object metric value',
  ],
  [
    { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '1' } } },
    'FailedGetExternalMetric',
    `unable to get external metric default/queue/nil: ${noExternal}`,
    'queue external metric value: failed to get external metric queue',
  ],
  [
    {
      type: 'External',
      external: {
        metric: { name: 'queue', selector: { matchLabels: { topic: 'b', area: 'a' } } },
        target: { type: 'AverageValue', averageValue: '1' },
      },
    },
    'FailedGetExternalMetric',
    `unable to get external metric default/queue/&LabelSelector{MatchLabels:map[string]string{area: a,topic: b,},MatchExpressions:[]LabelSelectorRequirement{},}: ${noExternal}`,
    'queue external metric value: failed to get queue external metric',
  ],
])('says that a metric is not served: %j', async (metric, reason, message, about) => {
  await createDeployment(2);
  cpuMilli = 50;
  await createAutoscaler({ metrics: [metric] });
  expect(condition('ScalingActive')).toMatchObject({
    status: 'False',
    reason,
    message: `the HPA was unable to compute the replica count: ${message}`,
  });
  expect(events().map((event) => event.message)).toEqual([
    message,
    `invalid metrics (1 invalid out of 1), first error is: failed to get ${about}: ${message}`,
  ]);
});

it('looks at one container where it is told so', async () => {
  await createDeployment(2);
  cpuMilli = 100;
  const target = { type: 'Utilization', averageUtilization: 50 };
  const containerResource = { name: 'cpu', container: 'app', target };
  await createAutoscaler({ metrics: [{ type: 'ContainerResource', containerResource }] });
  expect(size()).toBe(4);
  expect(events().map(({ message }) => message)).toEqual([
    'New size: 4; reason: cpu container resource utilization (percentage of request) above target',
  ]);
});

it.each([
  [undefined, 54, 10],
  [{ scaleUp: { tolerance: '0.05' } }, 54, 11],
  [{ scaleUp: { tolerance: '0.5' } }, 70, 10],
  [{ scaleDown: { tolerance: '0.05', stabilizationWindowSeconds: 0 } }, 47, 10],
  [{ scaleDown: { tolerance: '0.02', stabilizationWindowSeconds: 0 } }, 45, 9],
])('with the behavior %j and %i%% of 50%% used it goes to %i of 10', async (behavior, used, expected) => {
  await createDeployment(10);
  cpuMilli = used;
  await createAutoscaler({ maxReplicas: 20, ...(behavior === undefined ? {} : { behavior }) });
  expect(size()).toBe(expected);
});

it('scales up by one metric while another is not known, but not down', async () => {
  const queue = { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'Value', value: '1' } } };
  await createDeployment(2);
  cpuMilli = 100;
  await createAutoscaler({ metrics: [queue, cpuTarget(50)] });
  expect(size()).toBe(4);
  cpuMilli = 1;
  await pass(600);
  expect(size()).toBe(4);
  expect(condition('ScalingActive')).toMatchObject({ status: 'False', reason: 'FailedGetExternalMetric' });
});

it.each([
  [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'none' }, /deployments.apps "none" not found/],
  [{ apiVersion: 'apps/v1', kind: 'Wonder', name: 'web' }, /no matches for kind "Wonder" in group "apps"/],
  [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'web' }, /could not find the requested resource/],
])('says that it cannot scale %j', async (scaleTargetRef, message) => {
  await createAutoscaler({ scaleTargetRef });
  expect(condition('AbleToScale')).toMatchObject({
    status: 'False',
    reason: 'FailedGetScale',
    message: expect.stringMatching(message) as unknown,
  });
  expect(events()).toMatchObject([{ type: 'Warning', reason: 'FailedGetScale' }]);
});

it('scales whatever has a scale', async () => {
  await cluster.client.create('StatefulSet', {
    metadata: key,
    spec: { replicas: 1, selector, template, podManagementPolicy: 'Parallel' },
  });
  await cluster.idle();
  await run();
  cpuMilli = 100;
  await createAutoscaler({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web' } });
  expect(cluster.client.view('StatefulSet').get(key)?.spec?.replicas).toBe(2);
});

it('does not scale pods that two autoscalers want', async () => {
  await createDeployment(2);
  cpuMilli = 50;
  await createAutoscaler();
  await createAutoscaler({}, 'another');
  cpuMilli = 100;
  await pass(15);
  expect(size()).toBe(2);
  expect(condition('ScalingActive', 'another')).toMatchObject({
    reason: 'AmbiguousSelector',
    message: 'pods by selector app=web are controlled by multiple HPAs: [default/another default/web]',
  });
});
