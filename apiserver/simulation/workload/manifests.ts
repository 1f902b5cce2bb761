import type { ApiObject } from '../../../shared/api/objects';
import { BROKEN_IMAGE, GOOD_IMAGE, JOB_IMAGE } from '../agents/behaviour';
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
  spec: {
    completions: chance.between(1, 6),
    parallelism: chance.between(1, 3),
    backoffLimit: 20,
    ...(chance.is(0.4) ? { completionMode: 'Indexed' } : {}),
    ...(chance.is(0.3) ? { podReplacementPolicy: 'Failed' } : {}),
    ...(chance.is(0.2) ? { ttlSecondsAfterFinished: chance.between(1, 60) } : {}),
    template: template(name, `${JOB_IMAGE}1`, chance.is(0.5) ? 'Never' : 'OnFailure'),
  },
});

export const aBudget = (namespace: string, app: string, minAvailable: number): ApiObject => ({
  metadata: { namespace, name: app },
  spec: { minAvailable, selector: { matchLabels: { app } } },
});

export const aService = (namespace: string, app: string): ApiObject => ({
  metadata: { namespace, name: app },
  spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
});
