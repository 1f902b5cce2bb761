import type { Job, Pod } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { isActive } from '../workloads/pod-state';
import { formatIndexes, parseIndexes } from './indexes';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'work' };
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox:1' }] } };

async function create(spec: object = {}): Promise<void> {
  await cluster.client.create('Job', { metadata: key, spec: { template, ...spec } });
  await cluster.idle();
}
const job = (): Job | undefined => cluster.client.view('Job').get(key);
const pods = (): readonly Pod[] => cluster.client.view('Pod').list();
const active = (): readonly Pod[] => pods().filter(isActive);
const conditions = () =>
  (job()?.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason ?? ''}`);
async function end(count: number, phase: 'Succeeded' | 'Failed'): Promise<void> {
  await report(cluster, active().slice(0, count), phase);
}
async function pass(ms: number): Promise<void> {
  await cluster.clock.advance(ms);
  await cluster.idle();
}

it('runs one pod, and is complete when it succeeded', async () => {
  await create();
  expect(active()).toHaveLength(1);
  expect(job()?.status).toMatchObject({ active: 1, startTime: '2026-01-01T00:00:00Z' });
  await end(1, 'Succeeded');
  expect(conditions()).toEqual(['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached']);
  expect(job()?.status).toMatchObject({ succeeded: 1, completionTime: '2026-01-01T00:00:00Z' });
  expect(pods()[0]?.metadata.finalizers).toBeUndefined();
});

it('runs as many pods at a time as it may, until enough succeeded', async () => {
  await create({ completions: 5, parallelism: 2 });
  for (const left of [2, 2, 2, 2]) {
    expect(active()).toHaveLength(left);
    await end(1, 'Succeeded');
  }
  await end(1, 'Succeeded');
  expect(job()?.status).toMatchObject({ succeeded: 5 });
  expect(pods()).toHaveLength(5);
});

it('waits twice as long after each failure, and gives up after backoffLimit of them', async () => {
  await create({ backoffLimit: 2 });
  for (const waitMs of [10_000, 20_000]) {
    await end(1, 'Failed');
    await pass(waitMs - 1_000);
    expect(active()).toHaveLength(0);
    await pass(1_000);
    expect(active()).toHaveLength(1);
  }
  await end(1, 'Failed');
  expect(conditions()).toEqual(['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded']);
  expect(job()?.status).toMatchObject({ failed: 3 });
  expect(pods()).toHaveLength(3);
});

it('counts a pod that is deleted as failed, once', async () => {
  await create();
  await cluster.client.delete('Pod', { namespace: 'default', name: pods()[0]?.metadata.name ?? '' });
  await cluster.idle();
  expect(job()?.status).toMatchObject({ failed: 1, uncountedTerminatedPods: {} });
  await pass(10_000);
  expect(active()).toHaveLength(1);
});

it('keeps what succeeded although its pod is gone', async () => {
  await create({ completions: 2 });
  await end(1, 'Succeeded');
  for (const pod of pods().filter(({ status }) => status?.phase === 'Succeeded')) {
    await cluster.client.delete('Pod', { namespace: 'default', name: pod.metadata.name });
  }
  await cluster.idle();
  expect(pods()).toHaveLength(1);
  await end(1, 'Succeeded');
  expect(job()?.status).toMatchObject({ succeeded: 2 });
});

it('gives each index to one pod until it succeeded', async () => {
  await create({ completions: 3, parallelism: 2, completionMode: 'Indexed' });
  const index = ({ metadata }: Pod) => metadata.annotations?.['batch.kubernetes.io/job-completion-index'];
  expect(active().map(index).sort()).toEqual(['0', '1']);
  const [first] = active();
  expect(first?.spec.hostname).toBe(`work-${first === undefined ? '' : (index(first) ?? '')}`);
  expect(first?.spec.containers[0]?.env?.[0]?.name).toBe('JOB_COMPLETION_INDEX');
  await end(1, 'Failed');
  await pass(10_000);
  expect(active().map(index).sort()).toEqual(['0', '1']);
  await end(2, 'Succeeded');
  expect(active().map(index)).toEqual(['2']);
  await end(1, 'Succeeded');
  expect(job()?.status).toMatchObject({ completedIndexes: '0-2', succeeded: 3, failed: 1 });
});

it('is left alone where somebody else manages it', async () => {
  await create({ managedBy: 'example.com/queue' });
  expect([pods(), job()?.status?.startTime]).toEqual([[], undefined]);
});

it('ends its pods at its deadline', async () => {
  await create({ activeDeadlineSeconds: 30 });
  await pass(30_000);
  expect(active()).toHaveLength(0);
  expect(conditions()).toEqual(['FailureTarget=True DeadlineExceeded', 'Failed=True DeadlineExceeded']);
});

it('ends its pods while it is suspended, counts none of them, and goes on afterwards', async () => {
  await create();
  const suspend = async (value: boolean): Promise<void> => {
    await cluster.client.patch('Job', key, { type: 'merge', body: { spec: { suspend: value } } });
    await cluster.idle();
  };
  await suspend(true);
  expect(pods()).toHaveLength(0);
  expect(conditions()).toEqual(['Suspended=True JobSuspended']);
  await suspend(false);
  expect(active()).toHaveLength(1);
  expect(conditions()).toEqual(['Suspended=False JobResumed']);
  expect(job()?.status?.failed).toBeUndefined();
});

it.each([
  ['FailJob', ['FailureTarget=True PodFailurePolicy', 'Failed=True PodFailurePolicy'], 1],
  ['Ignore', [], undefined],
  ['Count', [], 1],
])('a failure that its policy answers with %s', async (action, expected, failed) => {
  const rules = [{ action, onExitCodes: { operator: 'In', values: [42] } }];
  await create({ podFailurePolicy: { rules } });
  const [pod] = active();
  await cluster.client.patch(
    'Pod',
    { namespace: 'default', name: pod?.metadata.name ?? '' },
    {
      type: 'merge',
      body: {
        status: {
          phase: 'Failed',
          containerStatuses: [
            {
              name: 'app',
              image: '',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { terminated: { exitCode: 42 } },
            },
          ],
        },
      },
    },
    { subresource: 'status' },
  );
  await cluster.idle();
  expect(conditions()).toEqual(expected);
  expect(job()?.status?.failed).toBe(failed);
});

it('is deleted when it has been over for its time to live', async () => {
  await create({ ttlSecondsAfterFinished: 60 });
  await end(1, 'Succeeded');
  await pass(59_000);
  expect(job()).toBeDefined();
  await pass(1_000);
  expect([job(), pods()]).toEqual([undefined, []]);
});

it('takes its pods along when it is deleted', async () => {
  await create({ parallelism: 2 });
  await cluster.client.delete('Job', key, { propagationPolicy: 'Background' });
  await cluster.idle();
  expect(pods()).toEqual([]);
});

it.each([
  ['', []],
  ['0', [0]],
  ['0,1', [0, 1]],
  ['0-2,5', [0, 1, 2, 5]],
])('indexes %j', (text, indexes) => {
  expect(formatIndexes(new Set(indexes))).toBe(text);
  expect([...parseIndexes(text)]).toEqual(indexes);
});

it('is looked at the less often the more pods it has, and counts them all', async () => {
  await create({ completions: 60, parallelism: 60 });
  await pass(1_000);
  expect(active()).toHaveLength(60);
  let writes = 0;
  const stop = cluster.client.view('Job').onChange(() => (writes += 1));
  for (const pod of active()) await report(cluster, [pod], 'Succeeded');
  expect(writes).toBeLessThan(10);
  await pass(1_000);
  stop();
  expect(job()?.status).toMatchObject({ succeeded: 60 });
  expect(conditions()).toContain('Complete=True CompletionsReached');
});
