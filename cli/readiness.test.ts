import type { StoredObject } from './api-object';
import { readinessOf } from './readiness';

const object = (kind: string, fields: object, metadata: object = {}): StoredObject =>
  ({
    apiVersion: 'v1',
    kind,
    metadata: { name: 'x', uid: 'u', generation: 1, ...metadata },
    ...fields,
  }) as unknown as StoredObject;

const condition = (type: string, status: string, reason?: string): object => ({ type, status, reason });

it.each<[string, StoredObject, string, 'ready' | 'waits' | 'failed']>([
  [
    'a pod that is ready',
    object('Pod', { status: { phase: 'Running', conditions: [condition('Ready', 'True')] } }),
    'Ready',
    'ready',
  ],
  ['a pod that has run its course', object('Pod', { status: { phase: 'Succeeded' } }), 'Succeeded', 'ready'],
  ['a pod that failed', object('Pod', { status: { phase: 'Failed' } }), 'Failed', 'failed'],
  [
    'a pod whose image cannot be had',
    object('Pod', {
      status: { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
    }),
    'ImagePullBackOff',
    'waits',
  ],
  [
    'a deployment on its way',
    object('Deployment', { spec: { replicas: 3 }, status: { observedGeneration: 1, updatedReplicas: 1 } }),
    '1 out of 3 new replicas have been updated',
    'waits',
  ],
  [
    'a deployment whose pods are there',
    object('Deployment', {
      spec: { replicas: 1 },
      status: { observedGeneration: 1, replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
    }),
    'rolled out',
    'ready',
  ],
  [
    'a deployment that gave up',
    object('Deployment', {
      status: { observedGeneration: 1, conditions: [condition('Progressing', 'False', 'ProgressDeadlineExceeded')] },
    }),
    'deployment "x" exceeded its progress deadline',
    'failed',
  ],
  [
    'a stateful set that waits for pods',
    object('StatefulSet', { spec: { replicas: 2 }, status: { observedGeneration: 1, readyReplicas: 1 } }),
    '1 pods to be ready',
    'waits',
  ],
  [
    'a daemon set on every node',
    object('DaemonSet', {
      status: { observedGeneration: 1, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
    }),
    'rolled out',
    'ready',
  ],
  [
    'a job that is complete',
    object('Job', { status: { conditions: [condition('Complete', 'True')] } }),
    'Complete',
    'ready',
  ],
  [
    'a job that failed',
    object('Job', { status: { conditions: [condition('Failed', 'True', 'BackoffLimitExceeded')] } }),
    'BackoffLimitExceeded',
    'failed',
  ],
  ['a claim without a volume', object('PersistentVolumeClaim', { status: { phase: 'Pending' } }), 'Pending', 'waits'],
  ['a claim with a volume', object('PersistentVolumeClaim', { status: { phase: 'Bound' } }), 'Bound', 'ready'],
  ['a kind that is not served yet', object('CustomResourceDefinition', {}), 'not Established', 'waits'],
  [
    'a kind that is served',
    object('CustomResourceDefinition', { status: { conditions: [condition('Established', 'True')] } }),
    'Established',
    'ready',
  ],
  ['a service within the cluster', object('Service', { spec: { type: 'ClusterIP' } }), 'Ready', 'ready'],
  [
    'a load balancer without an address',
    object('Service', { spec: { type: 'LoadBalancer' } }),
    'waits for an address',
    'waits',
  ],
  [
    'an object of a kind with a Ready condition',
    object('Widget', { status: { conditions: [condition('Ready', 'False', 'Building')] } }),
    'Building',
    'waits',
  ],
  ['an object that has nothing to become', object('ConfigMap', {}), 'Ready', 'ready'],
  [
    'an object that is being deleted',
    object('ConfigMap', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    'Terminating',
    'failed',
  ],
])('%s', (_what, given, word, outcome) => {
  const { done, failed, word: said } = readinessOf(given);
  expect({ said, outcome: failed ? 'failed' : done ? 'ready' : 'waits' }).toEqual({ said: word, outcome });
});
