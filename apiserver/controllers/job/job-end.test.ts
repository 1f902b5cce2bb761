import type { Job, Pod } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { toldOf } from '../testing/told';
import { isActive } from '../workloads/pod-state';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
  // Pods on a node go only when its agent says so.
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'work' };
const labels = { app: 'work' };
const template = {
  metadata: { labels },
  spec: { nodeName: 'n1', restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox:1' }] },
};
const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };

async function create(spec: object = {}): Promise<void> {
  await cluster.client.create('Job', { metadata: key, spec: { template, ...spec } });
  await cluster.idle();
}
async function patch(spec: object): Promise<void> {
  await cluster.client.patch('Job', key, { type: 'merge', body: { spec } });
  await cluster.idle();
}
async function pass(ms: number): Promise<void> {
  await cluster.clock.advance(ms);
  await cluster.idle();
}
const job = (): Job | undefined => cluster.client.view('Job').get(key);
const pods = (): readonly Pod[] => cluster.client.view('Pod').list();
const active = (): readonly Pod[] => pods().filter(isActive);
const indexOf = ({ metadata }: Pod): number =>
  Number(metadata.annotations?.['batch.kubernetes.io/job-completion-index']);
const conditions = () =>
  (job()?.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason ?? ''}`);
const end = (of: readonly Pod[], state: 'ready' | 'Succeeded' | 'Failed'): Promise<void> => report(cluster, of, state);
/** Plays the agent: what is being deleted has stopped. */
async function stopDeleted(): Promise<void> {
  for (const { metadata } of pods().filter((pod) => pod.metadata.deletionTimestamp !== undefined)) {
    await cluster.client.delete('Pod', { namespace: 'default', name: metadata.name }, { gracePeriodSeconds: 0 });
  }
  await cluster.idle();
}
const told = (): Promise<readonly string[]> => toldOf(cluster, 'Job');

it('has failed only when the last of its pods has stopped, and counts all that it ended as failed', async () => {
  await create({ completions: 3, parallelism: 3, backoffLimit: 0 });
  await end(active().slice(0, 1), 'Failed');
  expect(conditions()).toEqual(['FailureTarget=True BackoffLimitExceeded']);
  expect(job()?.status).toMatchObject({ failed: 3, ready: 0, terminating: 2 });
  expect(job()?.status?.active).toBeUndefined();
  await pass(5_000);
  await stopDeleted();
  expect(job()?.status).toMatchObject({ failed: 3, terminating: 0 });
  expect(job()?.status?.conditions?.at(-1)).toMatchObject({
    type: 'Failed',
    status: 'True',
    reason: 'BackoffLimitExceeded',
    message: 'Job has reached the specified backoff limit',
    lastTransitionTime: '2026-01-01T00:00:05Z',
  });
  expect((await told()).at(-1)).toBe('Warning BackoffLimitExceeded: Job has reached the specified backoff limit');
});

it('does not count as failed what it ended because enough succeeded', async () => {
  await create({ ...indexed, successPolicy: { rules: [{ succeededCount: 1 }] } });
  await end(active().slice(0, 1), 'Succeeded');
  expect(conditions()).toEqual(['SuccessCriteriaMet=True SuccessPolicy']);
  expect(job()?.status).toMatchObject({ succeeded: 1, terminating: 2 });
  await pass(5_000);
  await stopDeleted();
  expect(conditions()).toEqual(['SuccessCriteriaMet=True SuccessPolicy', 'Complete=True SuccessPolicy']);
  expect(job()?.status).toMatchObject({ succeeded: 1, completionTime: '2026-01-01T00:00:05Z' });
  expect(job()?.status?.failed).toBeUndefined();
  expect((await told()).at(-1)).toBe('Normal Completed: Job completed');
});

it('has its whole deadline again when it goes on', async () => {
  await create({ activeDeadlineSeconds: 30 });
  await pass(20_000);
  await patch({ suspend: true });
  await stopDeleted();
  await pass(60_000);
  expect(conditions()).toEqual(['Suspended=True JobSuspended']);
  await patch({ suspend: false });
  expect(job()?.status?.startTime).toBe('2026-01-01T00:01:20Z');
  await pass(29_000);
  expect(conditions()).toEqual(['Suspended=False JobResumed']);
  await pass(1_000);
  expect(conditions()).toContain('FailureTarget=True DeadlineExceeded');
});

it('is complete although it is suspended, where all is done', async () => {
  await create({ completions: 2, parallelism: 1 });
  await end(active(), 'Succeeded');
  await end(active(), 'Succeeded');
  expect(conditions()).toContain('Complete=True CompletionsReached');
  const other = { namespace: 'default', name: 'nothing' };
  await cluster.client.create('Job', { metadata: other, spec: { template, completions: 0, suspend: true } });
  await cluster.idle();
  const { status } = await cluster.client.get('Job', other);
  expect(status?.conditions?.map(({ type }) => type)).toEqual(['SuccessCriteriaMet', 'Complete']);
});

it('starts and is complete at once where there is nothing to do', async () => {
  await create({ completions: 0 });
  expect(job()?.status).toMatchObject({
    startTime: '2026-01-01T00:00:00Z',
    completionTime: '2026-01-01T00:00:00Z',
    ready: 0,
    terminating: 0,
  });
});

it('ends the pods of indexes that it has no more, and forgets that they succeeded', async () => {
  await create(indexed);
  await end(
    active().filter((pod) => indexOf(pod) === 2),
    'Succeeded',
  );
  expect(job()?.status).toMatchObject({ completedIndexes: '2', succeeded: 1, active: 2 });
  await patch({ completions: 1, parallelism: 1 });
  expect(active().map(indexOf)).toEqual([0]);
  await stopDeleted();
  await end(active(), 'Succeeded');
  expect(job()?.status).toMatchObject({ completedIndexes: '0', succeeded: 1 });
  expect(conditions()).toContain('Complete=True CompletionsReached');
});

it('counts a pod that it has adopted', async () => {
  const metadata = { namespace: 'default', name: 'found', labels };
  await cluster.client.create('Pod', { metadata, spec: template.spec });
  await create({ manualSelector: true, selector: { matchLabels: labels } });
  expect(active().map((pod) => pod.metadata.name)).toEqual(['found']);
  expect(active()[0]?.metadata.finalizers).toEqual(['batch.kubernetes.io/job-tracking']);
  await end(active(), 'Succeeded');
  expect(job()?.status).toMatchObject({ succeeded: 1 });
  expect(conditions()).toContain('Complete=True CompletionsReached');
});

it('lets a pod go that is no longer its own', async () => {
  await create({ manualSelector: true, selector: { matchLabels: labels } });
  const [pod] = active();
  const name = pod?.metadata.name ?? '';
  const body = { metadata: { labels: { app: 'mine' } } };
  await cluster.client.patch('Pod', { namespace: 'default', name }, { type: 'merge', body });
  await cluster.idle();
  expect(cluster.client.view('Pod').get({ namespace: 'default', name })?.metadata).not.toHaveProperty('finalizers');
  expect(active()).toHaveLength(2);
});

it('replaces a pod that somebody deletes only after the wait for a failure, although it is gone by then', async () => {
  const remove = (): Promise<void> => {
    const { name = '' } = active()[0]?.metadata ?? {};
    return cluster.client.delete('Pod', { namespace: 'default', name }).then(() => cluster.idle());
  };
  await create();
  for (const waitMs of [10_000, 20_000]) {
    await end(active(), 'ready');
    await remove();
    await stopDeleted();
    expect([pods(), job()?.status?.active]).toEqual([[], undefined]);
    await pass(waitMs - 1_000);
    expect(active()).toHaveLength(0);
    await pass(1_000);
    expect(active()).toHaveLength(1);
  }
  expect(job()?.status).toMatchObject({ failed: 2 });
});

it('begins anew with its waits once a pod has succeeded', async () => {
  await create({ completions: 2 });
  await end(active(), 'Failed');
  await pass(10_000);
  await end(active(), 'Succeeded');
  expect(active()).toHaveLength(1);
  await pass(1_000);
  await end(active(), 'Failed');
  await pass(9_000);
  expect(active()).toHaveLength(0);
  await pass(1_000);
  expect(active()).toHaveLength(1);
});

it('replaces a pod that is on its way out only when it has ended, if it is told so', async () => {
  await create({ ...indexed, completions: 4, podReplacementPolicy: 'Failed' });
  const nodeName = (index: number) => active().find((pod) => indexOf(pod) === index)?.metadata.name ?? '';
  await cluster.client.delete('Pod', { namespace: 'default', name: nodeName(0) });
  await end(
    active().filter((pod) => indexOf(pod) === 1),
    'Succeeded',
  );
  expect(active().map(indexOf).sort()).toEqual([2, 3]);
  expect(job()?.status).toMatchObject({ terminating: 1 });
  expect(job()?.status?.failed).toBeUndefined();
});

it('may be placed elsewhere until it has started, and nothing else may change', async () => {
  await create({ suspend: true });
  const spec = { nodeSelector: { disk: 'ssd' }, tolerations: [{ key: 'gpu', operator: 'Exists' }] };
  await patch({ template: { metadata: { annotations: { queue: 'night' } }, spec } });
  expect(job()?.spec?.template).toMatchObject({ spec: { nodeSelector: { disk: 'ssd' } } });
  const image = { spec: { containers: [{ name: 'app', image: 'busybox:2' }] } };
  await expect(patch({ template: image })).rejects.toThrow('field is immutable');
  await patch({ suspend: false });
  await patch({ suspend: true });
  await expect(patch({ template: { spec: { nodeSelector: { disk: 'hdd' } } } })).rejects.toThrow('field is immutable');
});
