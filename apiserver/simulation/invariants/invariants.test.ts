import { aNode, aPod } from '../../../shared/testing/builders';
import { createNeverAboveMaxSurge, createNeverBelowMaxUnavailable } from './availability';
import { createBudgetsHold } from './disruption-budget';
import { everythingConverges } from './everything-converges';
import { createCompletionsCountedOnce } from './jobs';
import { noNodeOvercommitted } from './no-node-overcommitted';
import { deletionsEnd, machinesAgree, ownersRemain } from './nothing-left-over';
import { Stage } from './testing/stage';

const deployment = (replicas: number, rollingUpdate: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { namespace: 'default', name: 'web', uid: 'web', generation: 1 },
  spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate } },
});
const replicaSet = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'ReplicaSet',
  metadata: {
    namespace: 'default',
    name: 'web-1',
    uid: 'web-1',
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'web', controller: true }],
  },
  spec: { replicas },
});
const ready = (name: string, more: object = {}) => {
  const pod = aPod({ name, labels: { app: 'web' } });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-1', uid: 'web-1', controller: true };
  return {
    ...pod,
    metadata: { ...pod.metadata, ownerReferences: [owner], ...more },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  };
};
const going = { deletionTimestamp: '2026-01-01T00:00:00Z' };

it('sees a rollout that ends more than it may', () => {
  const stage = new Stage(createNeverBelowMaxUnavailable());
  stage.put('deployments.apps', deployment(3, { maxSurge: 1, maxUnavailable: 1 }));
  stage.put('replicasets.apps', replicaSet(3));
  for (const name of ['a', 'b', 'c']) expect(stage.put('pods', ready(name))).toBeUndefined();
  stage.nowMs = 10_000;
  expect(stage.put('pods', ready('a', going))).toBeUndefined();
  expect(stage.put('pods', ready('b', going))).toContain('1 pods of web are left available, 2 are to be');
});

it('sees a rollout that makes more than it may, and a set that does', () => {
  const stage = new Stage(createNeverAboveMaxSurge());
  stage.put('deployments.apps', deployment(1, { maxSurge: 1, maxUnavailable: 0 }));
  stage.put('replicasets.apps', replicaSet(9));
  expect(stage.put('pods', ready('a'))).toBeUndefined();
  expect(stage.put('pods', ready('b'))).toBeUndefined();
  expect(stage.put('pods', ready('c'))).toContain('3 pods, at most 2 are to be');
  stage.put('replicasets.apps', replicaSet(1));
  expect(stage.put('pods', ready('d'))).toContain('4 pods of a set of 1');
});

describe('an eviction', () => {
  const budget = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { namespace: 'default', name: 'web', uid: 'budget' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  };
  const evicted = (name: string, metadata: object = going): object => {
    const pod = ready(name, metadata);
    const target = { type: 'DisruptionTarget', status: 'True', reason: 'EvictionByEvictionAPI' };
    return { ...pod, status: { ...pod.status, conditions: [...pod.status.conditions, target] } };
  };

  it('is seen where a budget forbids it', () => {
    const stage = new Stage(createBudgetsHold());
    stage.put('poddisruptionbudgets.policy', budget);
    for (const name of ['a', 'b']) stage.put('pods', ready(name));
    expect(stage.put('pods', evicted('a'))).toBeUndefined();
    expect(stage.put('pods', evicted('b'))).toContain('0 healthy pods of 1 are left');
  });

  it('may end what it began before there was a budget', () => {
    const stage = new Stage(createBudgetsHold());
    stage.put('pods', ready('a'));
    stage.nowMs = 1;
    stage.put('pods', evicted('a', {}));
    stage.nowMs = 2;
    stage.put('poddisruptionbudgets.policy', budget);
    expect(stage.put('pods', evicted('a'))).toBeUndefined();
  });
});

it('does not hold against a rollout what its controller could not know yet', () => {
  const stage = new Stage(createNeverBelowMaxUnavailable());
  stage.put('deployments.apps', deployment(2, { maxSurge: 1, maxUnavailable: 0 }));
  stage.put('replicasets.apps', replicaSet(2));
  for (const name of ['a', 'b', 'c']) stage.put('pods', ready(name));
  stage.nowMs = 10_000;
  stage.deletedByHand.add('c');
  stage.put('pods', ready('c', { uid: 'c', ...going }));
  stage.nowMs = 12_000;
  expect(stage.put('pods', ready('a', going))).toBeUndefined();
  stage.nowMs = 20_000;
  expect(stage.put('pods', ready('b', going))).toContain('0 pods of web are left available, 2 are to be');
});

it('counts what a Deployment asked for before until its controller has long heard of what it asks for now', () => {
  const stage = new Stage(createNeverAboveMaxSurge());
  const wanting = (replicas: number, generation: number, observedGeneration: number): object => {
    const object = deployment(replicas, { maxSurge: 0, maxUnavailable: 1 });
    return { ...object, metadata: { ...object.metadata, generation }, status: { observedGeneration } };
  };
  stage.put('replicasets.apps', replicaSet(9));
  stage.put('deployments.apps', wanting(2, 1, 1));
  stage.put('deployments.apps', wanting(1, 2, 1));
  stage.put('pods', ready('a'));
  stage.nowMs = 60_000;
  expect(stage.put('pods', ready('b'))).toBeUndefined();
  stage.put('deployments.apps', wanting(1, 2, 2));
  stage.nowMs = 70_000;
  expect(stage.put('pods', ready('c'))).toContain('3 pods, at most 1 are to be');
});

it('sees a node that is given more than it has', () => {
  const stage = new Stage(noNodeOvercommitted);
  stage.put('nodes', aNode({ name: 'n1', cpu: '1' }));
  const bound = (name: string): object => ({ ...aPod({ name, cpu: '600m', node: 'n1' }) });
  expect(stage.put('pods', bound('a'))).toBeUndefined();
  expect(stage.put('pods', bound('b'))).toContain('1200 cpu asked of 1000');
});

it('sees a completion that is counted twice', () => {
  const stage = new Stage(createCompletionsCountedOnce());
  const job = (succeeded: number) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'default', name: 'once', uid: 'once' },
    status: { succeeded },
  });
  const pod = aPod({ name: 'a', phase: 'Succeeded' });
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: 'once', uid: 'once', controller: true };
  stage.put('pods', { ...pod, metadata: { ...pod.metadata, ownerReferences: [owner] } });
  expect(stage.put('jobs.batch', job(1))).toBeUndefined();
  expect(stage.put('jobs.batch', job(2))).toContain('2 completions are counted, 1 pods succeeded');
  expect(stage.put('jobs.batch', job(1))).toContain('the count fell');
});

it('sees what is left over: an orphan, a deletion that hangs, a workload that is not as asked, a pod on no machine', () => {
  const orphans = new Stage(ownersRemain);
  orphans.put('replicasets.apps', replicaSet(0));
  expect(orphans.end()).toContain('is left without its Deployment web');
  const deletions = new Stage(deletionsEnd);
  deletions.put('pods', ready('a', going));
  expect(deletions.end()).toContain('is still being deleted');
  const workloads = new Stage(everythingConverges);
  workloads.put('deployments.apps', deployment(2, {}));
  expect(workloads.end()).toContain('Deployment default/web wants 2');
  const machines = new Stage(machinesAgree);
  machines.put('pods', aPod({ name: 'a', node: 'n1' }));
  expect(machines.end()).toContain('default/a is on no machine');
});
