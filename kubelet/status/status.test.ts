import type { Container, Pod } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import type { ObservedContainer, ObservedState } from '../runtime/runtime';
import { specHashOf } from '../plan/pod-outline';
import { podStatusOf } from './pod-status';
import type { StatusInput } from './status-input';

const NOW = Date.UTC(2026, 0, 1, 12);
const identity = { uid: 'uid-web', namespace: 'default', name: 'web' };
const app: Container = { name: 'app', image: 'busybox' };
const second: Container = { name: 'second', image: 'busybox' };
const init: Container = { name: 'init', image: 'busybox' };

const running: ObservedState = { phase: 'running', startedAtMs: NOW - 5000 };
const exited = (exitCode: number, more: Partial<Extract<ObservedState, { phase: 'exited' }>> = {}): ObservedState => ({
  phase: 'exited',
  startedAtMs: NOW - 5000,
  finishedAtMs: NOW - 1000,
  exitCode,
  oomKilled: false,
  ...more,
});

const seen = (container: Container, state: ObservedState, attempt = 0): ObservedContainer => ({
  id: `${container.name}-${attempt}`,
  sandboxId: 's0',
  pod: identity,
  name: container.name,
  kind: 'app',
  attempt,
  specHash: specHashOf(container),
  image: 'busybox:latest',
  imageId: 'docker://sha256:abc',
  state,
  createdAtMs: NOW,
  annotations: {},
});

interface Scene {
  readonly pod?: Pod;
  readonly containers?: readonly ObservedContainer[];
  readonly facts?: Partial<StatusInput['facts']>;
  readonly more?: Partial<StatusInput>;
}

const statusOf = ({ pod = aPod(), containers = [], facts = {}, more = {} }: Scene) =>
  podStatusOf({
    pod,
    observed: {
      sandboxes: [{ id: 's0', pod: identity, attempt: 0, state: running, createdAtMs: NOW, ips: ['10.0.0.7'] }],
      containers,
    },
    facts: {
      nowMs: NOW,
      volumesReady: true,
      imagesReady: new Map(),
      attempts: new Map(containers.map(({ name, attempt }) => [name, attempt])),
      troubles: new Map(),
      resources: new Map(),
      backOffs: new Map(),
      started: new Set(containers.filter(({ state }) => state.phase === 'running').map(({ id }) => id)),
      unhealthy: new Map(),
      needsAddress: new Set(),
      ready: new Set(),
      terminationMessages: new Map(),
      ...facts,
    },
    isEnding: false,
    podIps: ['10.0.0.7'],
    hostIps: ['192.168.0.1'],
    startTimeMs: NOW - 10_000,
    runtimeName: 'docker',
    ...more,
  });

const withPolicy = (restartPolicy: string, ...containers: Container[]): Pod =>
  aPod({ spec: { restartPolicy, containers } });

describe('the phase', () => {
  it.each([
    ['is Pending before any container started', withPolicy('Always', app), [], 'Pending'],
    ['is Pending while one of two still waits', withPolicy('Always', app, second), [seen(app, running)], 'Pending'],
    [
      'is Running once all started',
      withPolicy('Always', app, second),
      [seen(app, running), seen(second, running)],
      'Running',
    ],
    ['stays Running when an Always pod crashes', withPolicy('Always', app), [seen(app, exited(1))], 'Running'],
    ['stays Running when an OnFailure pod fails', withPolicy('OnFailure', app), [seen(app, exited(1))], 'Running'],
    ['is Succeeded when an OnFailure pod completes', withPolicy('OnFailure', app), [seen(app, exited(0))], 'Succeeded'],
    ['is Failed when a Never pod fails', withPolicy('Never', app), [seen(app, exited(3))], 'Failed'],
    [
      'is Failed when one of two failed',
      withPolicy('Never', app, second),
      [seen(app, exited(0)), seen(second, exited(1))],
      'Failed',
    ],
    [
      'is Running while one of two still runs',
      withPolicy('Never', app, second),
      [seen(app, exited(1)), seen(second, running)],
      'Running',
    ],
  ])('%s', (_sentence, pod, containers, phase) => {
    expect(statusOf({ pod, containers }).phase).toBe(phase);
  });

  it('is Failed when an init container of a Never pod failed', () => {
    const pod = aPod({ spec: { restartPolicy: 'Never', initContainers: [init], containers: [app] } });
    expect(statusOf({ pod, containers: [seen(init, exited(1))] }).phase).toBe('Failed');
  });

  it('is Failed with the verdict of the node once the deadline passed and nothing runs', () => {
    const verdict = { reason: 'DeadlineExceeded', message: 'too long' };
    const status = statusOf({ containers: [seen(app, exited(143))], more: { isEnding: true, verdict } });
    expect(status).toMatchObject({ phase: 'Failed', ...verdict });
  });
});

describe('a container status', () => {
  const only = (scene: Scene) => statusOf(scene).containerStatuses?.[0];

  it('waits in ContainerCreating, or PodInitializing where there are init containers', () => {
    expect(only({})?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
    const pod = aPod({ spec: { initContainers: [init], containers: [app] } });
    expect(only({ pod })?.state).toEqual({ waiting: { reason: 'PodInitializing' } });
  });

  it('shows what keeps it from being created', () => {
    const trouble = { reason: 'ErrImagePull', message: 'no such image', retryAtMs: NOW + 1 };
    expect(only({ facts: { troubles: new Map([['app', trouble]]) } })?.state).toEqual({
      waiting: { reason: 'ErrImagePull', message: 'no such image' },
    });
  });

  it('shows CrashLoopBackOff with the time, the container and the pod', () => {
    const backOffs = new Map([['app', { delayMs: 80_000, updatedAtMs: NOW - 5000, specHash: specHashOf(app) }]]);
    const status = only({ containers: [seen(app, exited(1), 4)], facts: { backOffs } });
    expect(status).toMatchObject({
      state: {
        waiting: {
          reason: 'CrashLoopBackOff',
          message: 'back-off 1m20s restarting failed container=app pod=web_default(uid-web)',
        },
      },
      lastState: { terminated: { exitCode: 1, reason: 'Error', containerID: 'docker://app-4' } },
      restartCount: 4,
      ready: false,
    });
  });

  it.each([
    [exited(0), 'Completed'],
    [exited(2), 'Error'],
    [exited(137, { oomKilled: true }), 'OOMKilled'],
    [exited(127, { error: 'exec: "nope": not found' }), 'StartError'],
  ])('ends for a reason: %j is %s', (state, reason) => {
    const pod = withPolicy('Never', app);
    expect(only({ pod, containers: [seen(app, state)] })?.state?.terminated?.reason).toBe(reason);
  });

  it('is ready when it runs, unless its readiness probe has not succeeded', () => {
    const probed = { ...app, readinessProbe: { tcpSocket: { port: 80 } } };
    expect(only({ containers: [seen(app, running)] })?.ready).toBe(true);
    const pod = aPod({ containers: [probed] });
    expect(only({ pod, containers: [seen(probed, running)] })?.ready).toBe(false);
    expect(only({ pod, containers: [seen(probed, running)], facts: { ready: new Set(['app-0']) } })?.ready).toBe(true);
  });

  it('tells where its volumes are mounted', () => {
    const volumeMounts = [
      { name: 'data', mountPath: '/data' },
      { name: 'settings', mountPath: '/etc/app', readOnly: true },
    ];
    const pod = withPolicy('Always', { ...app, volumeMounts });
    expect(statusOf({ pod, containers: [seen(app, running)] }).containerStatuses?.[0]).toMatchObject({
      volumeMounts: [volumeMounts[0], { ...volumeMounts[1], recursiveReadOnly: 'Disabled' }],
    });
  });

  it('keeps its last words', () => {
    const facts = { terminationMessages: new Map([['app-0', 'bye']]) };
    const pod = withPolicy('Never', app);
    expect(only({ pod, containers: [seen(app, exited(1))], facts })?.state?.terminated?.message).toBe('bye');
  });
});

describe('the conditions', () => {
  const conditions = (scene: Scene) =>
    Object.fromEntries((statusOf(scene).conditions ?? []).map((condition) => [condition.type, condition]));

  it('name the containers that are not ready', () => {
    const pod = withPolicy('Always', app, second);
    const found = conditions({ pod, containers: [seen(app, exited(1))] });
    const expected = {
      status: 'False',
      reason: 'ContainersNotReady',
      message: 'containers with unready status: [app second]',
    };
    expect(found['Ready']).toMatchObject(expected);
    expect(found['ContainersReady']).toMatchObject(expected);
  });

  it('name the init containers that are not through', () => {
    const pod = aPod({ spec: { initContainers: [init], containers: [app] } });
    expect(conditions({ pod, containers: [seen(init, running)] })['Initialized']).toMatchObject({
      status: 'False',
      reason: 'ContainersNotInitialized',
      message: 'containers with incomplete status: [init]',
    });
  });

  it('say PodCompleted of a pod that succeeded', () => {
    const found = conditions({ pod: withPolicy('Never', app), containers: [seen(app, exited(0))] });
    expect(found['Ready']).toMatchObject({ status: 'False', reason: 'PodCompleted' });
    expect(found['Initialized']).toMatchObject({ status: 'True', reason: 'PodCompleted' });
    expect(found['PodReadyToStartContainers']).toMatchObject({ status: 'False' });
  });

  it('say of which spec they speak, as the status does', () => {
    const pod = { ...aPod(), metadata: { ...aPod().metadata, generation: 3 } };
    expect(statusOf({ pod })).toMatchObject({ observedGeneration: 3 });
    expect(conditions({ pod })['Ready']).toMatchObject({ observedGeneration: 3 });
  });

  it('hold a pod back until its readiness gates are met', () => {
    const pod = aPod({ spec: { containers: [app], readinessGates: [{ conditionType: 'x/y' }] } });
    expect(conditions({ pod, containers: [seen(app, running)] })['Ready']).toMatchObject({
      status: 'False',
      reason: 'ReadinessGatesNotReady',
      message: 'corresponding condition of pod readiness gate "x/y" does not exist.',
    });
  });

  it('keep what others wrote', () => {
    const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const pod = { ...aPod(), status: { conditions: [scheduled] } };
    expect(conditions({ pod })['PodScheduled']).toEqual(scheduled);
  });
});
