import type { Pod } from '../../../shared/api/objects';
import { aNode, aPod } from '../../../shared/testing/builders';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { Machine } from '../agents/machine';
import { Chance } from '../world/chance';
import { Link } from '../world/link';
import { createAutoscalersStayWithinBounds } from './autoscaling';
import { historyIsLimited, runsDoNotOverlap } from './cron-jobs';
import { jobsTryAsOftenAsTheyMay } from './jobs';
import { createFullNodesAreSpared } from './pressure';
import { Stage } from './testing/stage';
import { claimsKeepTheirVolume, createVolumesStayHome, volumesInUseStay } from './volumes';

function aMachine(name: string): Machine {
  const clock = new FakeClock();
  const { random } = new Chance(1, name);
  const events = { onStarted: () => undefined, onStopped: () => undefined };
  return new Machine(name, new Link(clock, random), {}, { clock, random, events });
}

const FOLDER = '/volumes/pvc-1';
function withVolume(name: string): Pod {
  const pod = aPod({ name });
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' }, hostPath: { path: FOLDER } }];
  return { ...pod, spec: { ...pod.spec, volumes } };
}

describe('volumes', () => {
  it('are seen when they are used on two nodes', () => {
    const invariant = createVolumesStayHome();
    const { scene } = new Stage(invariant);
    const [one, other] = [aMachine('n1'), aMachine('n2')];
    expect(invariant.onStarted?.(one, withVolume('a'), scene)).toBeUndefined();
    expect(invariant.onStarted?.(one, withVolume('b'), scene)).toBeUndefined();
    expect(invariant.onStarted?.(other, withVolume('c'), scene)).toContain(`uses ${FOLDER} on n2, which lies on n1`);
  });

  it('are seen when they are removed under a pod, or a claim is given another', () => {
    const machine = aMachine('n1');
    const { scene } = new Stage(volumesInUseStay);
    expect(volumesInUseStay.onFolderRemoved?.(machine, FOLDER, scene)).toBeUndefined();
    machine.run(withVolume('a'));
    expect(volumesInUseStay.onFolderRemoved?.(machine, FOLDER, scene)).toContain('while default/a runs with it');

    const stage = new Stage(claimsKeepTheirVolume);
    const claim = (volumeName?: string): object => ({ metadata: { name: 'data', uid: '1' }, spec: { volumeName } });
    for (const name of [undefined, 'one', 'one']) {
      expect(stage.put('persistentvolumeclaims', claim(name))).toBeUndefined();
    }
    expect(stage.put('persistentvolumeclaims', claim('other'))).toBe('data: one became other');
  });
});

it('sees a Deployment scaled beyond what its autoscaler may, or by nobody', () => {
  const stage = new Stage(createAutoscalersStayWithinBounds());
  const scaled = (replicas: number): object => ({
    kind: 'Deployment',
    metadata: { namespace: 'default', name: 'web', uid: 'web' },
    spec: { replicas },
  });
  stage.put('deployments.apps', scaled(1));
  expect(stage.put('deployments.apps', scaled(2))).toBe('web was scaled to 2 by nobody');
  stage.put('horizontalpodautoscalers.autoscaling', {
    kind: 'HorizontalPodAutoscaler',
    metadata: { namespace: 'default', name: 'web' },
    spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, minReplicas: 2, maxReplicas: 4 },
  });
  expect(stage.put('deployments.apps', scaled(4))).toBeUndefined();
  expect(stage.put('deployments.apps', scaled(5))).toBe('web was scaled to 5, 2 to 4 are allowed');
  expect(stage.end()).toBe('web has 5 replicas, 2 to 4 are allowed');
  stage.scaledByHand.set('web', [9, 7]);
  expect(stage.put('deployments.apps', scaled(7))).toBeUndefined();
  expect(stage.put('deployments.apps', scaled(9))).toBeUndefined();
  expect(stage.put('deployments.apps', scaled(7))).toBe('web was scaled to 7, 2 to 4 are allowed');
});

it('sees a pod put on a node that has long said that its disk is full', () => {
  const stage = new Stage(createFullNodesAreSpared());
  const node = aNode({ name: 'n1' });
  const full = { key: 'node.kubernetes.io/disk-pressure', effect: 'NoSchedule' };
  const bind = (name: string): string | undefined => {
    stage.put('pods', aPod({ name }));
    return stage.put('pods', aPod({ name, node: 'n1' }));
  };
  stage.put('nodes', { ...node, spec: { taints: [full] } });
  stage.nowMs = 2_000;
  expect(bind('a')).toBeUndefined();
  stage.nowMs = 60_000;
  expect(bind('b')).toBe('default/b bound to n1, whose disk has been full for 60 s');
  stage.put('nodes', node);
  expect(bind('c')).toBeUndefined();
});

describe('jobs', () => {
  const cronJob = (concurrencyPolicy: string, limit = 0): object => ({
    kind: 'CronJob',
    metadata: { name: 'nightly', uid: 'nightly' },
    spec: { concurrencyPolicy, successfulJobsHistoryLimit: limit, failedJobsHistoryLimit: 1 },
  });
  const job = (name: string, status: object = {}): object => ({
    kind: 'Job',
    metadata: { name, uid: name, ownerReferences: [{ kind: 'CronJob', uid: 'nightly', controller: true }] },
    status,
  });
  const complete = { conditions: [{ type: 'Complete', status: 'True' }] };

  it.each([
    ['Forbid', 'two begins while one runs'],
    ['Replace', 'two begins while one runs'],
    ['Allow', undefined],
  ])('of one CronJob are seen to overlap where its policy is %s', (policy, verdict) => {
    const stage = new Stage(runsDoNotOverlap);
    stage.put('cronjobs.batch', cronJob(policy));
    expect(stage.put('jobs.batch', job('one'))).toBeUndefined();
    expect(stage.put('jobs.batch', job('two'))).toBe(verdict);
    stage.put('jobs.batch', job('one', complete));
    stage.put('jobs.batch', job('two', complete));
    expect(stage.put('jobs.batch', job('three'))).toBeUndefined();
  });

  it('are seen to be kept where fewer are wanted', () => {
    const stage = new Stage(historyIsLimited);
    stage.put('cronjobs.batch', cronJob('Allow', 1));
    stage.put('jobs.batch', job('one', complete));
    expect(stage.end()).toBeUndefined();
    stage.put('jobs.batch', job('two', complete));
    expect(stage.end()).toBe('nightly keeps 2 and 0 jobs, 1 and 1 are wanted');
  });

  it('are seen to give up too early', () => {
    const stage = new Stage(jobsTryAsOftenAsTheyMay);
    const failed = (count: number): object => ({
      kind: 'Job',
      metadata: { name: 'once', uid: 'once' },
      spec: { backoffLimit: 2, template: { spec: { restartPolicy: 'Never' } } },
      status: { failed: count, conditions: [{ type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' }] },
    });
    expect(stage.put('jobs.batch', failed(3))).toBeUndefined();
    expect(stage.put('jobs.batch', failed(2))).toBe('once gave up after 2 failures, 2 are allowed');
  });
});
