import type { Pod } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { toldOf } from '../testing/told';
import { playedDeployment } from './testing/played-deployment';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const { create, change, deployment } = playedDeployment(() => cluster, 2);
const pods = (): readonly Pod[] => cluster.client.view('Pod').list();
const setName = (): string => cluster.client.view('ReplicaSet').list()[0]?.metadata.name ?? '';
const conditions = (): readonly string[] =>
  (deployment()?.status?.conditions ?? []).map(({ type, status, reason }) => `${type} ${status} ${reason ?? ''}`);
const progress = () => deployment()?.status?.conditions?.find(({ type }) => type === 'Progressing');
const told = (): Promise<readonly string[]> => toldOf(cluster, 'Deployment');

it('tells of a rollout from its ReplicaSet to its end, what is new last', async () => {
  const seen: string[] = [];
  const stop = cluster.client.view('Deployment').onChange(({ object }) => {
    const now = object.status?.conditions?.find(({ type }) => type === 'Progressing');
    const text = `${now?.status ?? ''} ${now?.reason ?? ''}: ${now?.message ?? ''}`;
    if (now !== undefined && seen.at(-1) !== text) seen.push(text);
  });
  await create();
  await report(cluster, pods(), 'ready');
  stop();
  expect(seen).toEqual([
    `True NewReplicaSetCreated: Created new replica set "${setName()}"`,
    `True ReplicaSetUpdated: ReplicaSet "${setName()}" is progressing.`,
    `True NewReplicaSetAvailable: ReplicaSet "${setName()}" has successfully progressed.`,
  ]);
  expect(conditions()).toEqual(['Available True MinimumReplicasAvailable', 'Progressing True NewReplicaSetAvailable']);
  await report(cluster, pods(), 'unready');
  expect(conditions()).toEqual([
    'Progressing True NewReplicaSetAvailable',
    'Available False MinimumReplicasUnavailable',
  ]);
});

it('does not speak of a rollout again that is over, while it is scaled and its pods come back', async () => {
  await create();
  await report(cluster, pods(), 'ready');
  const before = progress();
  await cluster.clock.advance(60_000);
  await change({ replicas: 3 });
  await report(cluster, pods(), 'unready');
  await cluster.clock.advance(1_000_000);
  await report(cluster, pods(), 'ready');
  expect(deployment()?.status).toMatchObject({ availableReplicas: 3 });
  expect(progress()).toEqual(before);
});

it('says why no ReplicaSet can be made, and goes on when one can', async () => {
  await cluster.client.create('ResourceQuota', {
    metadata: { namespace: 'default', name: 'none' },
    spec: { hard: { 'count/replicasets.apps': '0' } },
  });
  await create();
  const { message = '' } = progress() ?? {};
  expect(conditions()).toEqual(['Progressing False ReplicaSetCreateError']);
  expect(message).toMatch(
    /^Failed to create new replica set "web-[a-z0-9]+": replicasets.apps "web-[a-z0-9]+" is forbidden/,
  );
  expect(message).toContain('exceeded quota: none');
  expect(await told()).toEqual([`Warning ReplicaSetCreateError: ${message}`]);
  await cluster.client.delete('ResourceQuota', { namespace: 'default', name: 'none' });
  await cluster.clock.advance(60_000);
  await cluster.idle();
  expect(pods()).toHaveLength(2);
  expect(progress()).toMatchObject({ status: 'True', reason: 'ReplicaSetUpdated' });
});

it('counts from when it is asked to, where a deadline is set in the middle of a rollout', async () => {
  await create({ progressDeadlineSeconds: 2 ** 31 - 1 });
  expect(progress()).toBeUndefined();
  await cluster.clock.advance(60_000);
  await change({ progressDeadlineSeconds: 30 });
  expect(progress()).toMatchObject({
    status: 'True',
    reason: 'FoundNewReplicaSet',
    message: `Found new replica set "${setName()}"`,
    lastUpdateTime: '2026-01-01T00:01:00Z',
  });
  await cluster.clock.advance(31_000);
  await cluster.idle();
  expect(progress()).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
});

it('rests while it is paused, however long', async () => {
  await create({ paused: true, progressDeadlineSeconds: 30 });
  expect(progress()).toBeUndefined();
  await change({ paused: false });
  await change({ paused: true });
  expect(progress()).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
  await cluster.clock.advance(3_600_000);
  await cluster.idle();
  expect(progress()).toMatchObject({ status: 'Unknown', reason: 'DeploymentPaused' });
});
