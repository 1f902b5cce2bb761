import type { ApiObject } from '../../../shared/api/objects';
import { BROKEN_IMAGE, FAILING_IMAGE, GOOD_IMAGE, JOB_IMAGE } from '../agents/behaviour';
import type { Chance } from '../world/chance';

const template = (name: string, image: string, restartPolicy = 'Always') => ({
  metadata: { labels: { app: name } },
  spec: {
    restartPolicy,
    terminationGracePeriodSeconds: 5,
    containers: [{ name: 'app', image, resources: { requests: { cpu: '100m', memory: '64Mi' } } }],
  },
});

/** An image that works, or, of a share of them, one that never becomes ready. */
export const anImage = (chance: Chance, broken: number): string =>
  `${chance.is(broken) ? BROKEN_IMAGE : GOOD_IMAGE}${chance.between(1, 9)}`;

export function aDeployment(namespace: string, name: string, chance: Chance): ApiObject {
  const rollingUpdate = chance.one([
    { maxSurge: 1, maxUnavailable: 0 },
    { maxSurge: 0, maxUnavailable: 1 },
    { maxSurge: '25%', maxUnavailable: '25%' },
    { maxSurge: '50%', maxUnavailable: 0 },
  ]);
  return {
    metadata: { namespace, name },
    spec: {
      replicas: chance.between(1, 6),
      selector: { matchLabels: { app: name } },
      strategy: chance.is(0.15) ? { type: 'Recreate' } : { type: 'RollingUpdate', rollingUpdate },
      ...(chance.is(0.3) ? { minReadySeconds: chance.between(1, 4) } : {}),
      template: template(name, anImage(chance, 0.05)),
    },
  };
}

export const aStatefulSet = (namespace: string, name: string, chance: Chance): ApiObject => ({
  metadata: { namespace, name },
  spec: {
    replicas: chance.between(1, 4),
    serviceName: name,
    selector: { matchLabels: { app: name } },
    podManagementPolicy: chance.is(0.4) ? 'Parallel' : 'OrderedReady',
    template: template(name, anImage(chance, 0.05)),
  },
});

/** One whose pods keep a volume each: it lies on one node, where there is always room for a pod that asks for nothing. */
export function aStatefulSetWithClaims(namespace: string, name: string, chance: Chance): ApiObject {
  const set = aStatefulSet(namespace, name, chance);
  const policy = (): string => (chance.is(0.4) ? 'Delete' : 'Retain');
  const container = { name: 'app', image: anImage(chance, 0.05), volumeMounts: [{ name: 'data', mountPath: '/data' }] };
  return {
    ...set,
    spec: {
      ...(set['spec'] as object),
      persistentVolumeClaimRetentionPolicy: { whenDeleted: policy(), whenScaled: policy() },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 5, containers: [container] },
      },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        },
      ],
    },
  };
}

export const aDaemonSet = (namespace: string, name: string, chance: Chance): ApiObject => ({
  metadata: { namespace, name },
  spec: {
    selector: { matchLabels: { app: name } },
    updateStrategy: {
      type: 'RollingUpdate',
      rollingUpdate: chance.is(0.4) ? { maxSurge: 1, maxUnavailable: 0 } : { maxUnavailable: chance.between(1, 2) },
    },
    template: template(name, anImage(chance, 0)),
  },
});

export const aJob = (namespace: string, name: string, chance: Chance): ApiObject => ({
  metadata: { namespace, name },
  spec: jobSpec(name, chance),
});

/** Most end well in the end; some give up after few failures, some of those never succeed. */
function jobSpec(name: string, chance: Chance): object {
  const isImpatient = chance.is(0.3);
  return {
    completions: chance.between(1, 6),
    parallelism: chance.between(1, 3),
    backoffLimit: isImpatient ? chance.between(0, 2) : 20,
    ...(chance.is(0.4) ? { completionMode: 'Indexed' } : {}),
    ...(chance.is(0.3) ? { podReplacementPolicy: 'Failed' } : {}),
    ...(chance.is(0.2) ? { ttlSecondsAfterFinished: chance.between(1, 60) } : {}),
    ...(chance.is(0.1) ? { activeDeadlineSeconds: chance.between(10, 60) } : {}),
    template: template(
      name,
      `${isImpatient && chance.is(0.4) ? FAILING_IMAGE : JOB_IMAGE}1`,
      chance.is(0.5) ? 'Never' : 'OnFailure',
    ),
  };
}

export const aCronJob = (namespace: string, name: string, chance: Chance): ApiObject => ({
  metadata: { namespace, name },
  spec: {
    schedule: '* * * * *',
    concurrencyPolicy: chance.one(['Allow', 'Forbid', 'Replace']),
    ...(chance.is(0.3) ? { startingDeadlineSeconds: chance.between(10, 100) } : {}),
    successfulJobsHistoryLimit: chance.between(0, 2),
    failedJobsHistoryLimit: chance.between(0, 2),
    jobTemplate: { spec: jobSpec(name, chance) },
  },
});

/** As quick to scale down as it may be: what starts does not count at first, which a wait has to outlast. */
export function anAutoscaler(namespace: string, app: string, chance: Chance): ApiObject {
  const minReplicas = chance.between(1, 3);
  return {
    metadata: { namespace, name: app },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app },
      minReplicas,
      maxReplicas: minReplicas + chance.between(0, 4),
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '100m' } } },
      ],
      behavior: { scaleDown: { stabilizationWindowSeconds: chance.between(45, 60) } },
    },
  };
}

export function aBudget(namespace: string, app: string, replicas: number, chance: Chance): ApiObject {
  const bound = chance.is(0.5) ? { minAvailable: Math.max(0, replicas - 1) } : { maxUnavailable: chance.between(0, 1) };
  return { metadata: { namespace, name: app }, spec: { ...bound, selector: { matchLabels: { app } } } };
}

export const aService = (namespace: string, app: string): ApiObject => ({
  metadata: { namespace, name: app },
  spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
});
