import type { Job, Pod } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { isActive } from '../workloads/pod-state';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'work' };
const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox:1' }] } };

async function create(spec: object = {}): Promise<void> {
  const indexed = { completionMode: 'Indexed', completions: 3, parallelism: 3 };
  await cluster.client.create('Job', { metadata: key, spec: { template, ...indexed, ...spec } });
  await cluster.idle();
}
const job = (): Job | undefined => cluster.client.view('Job').get(key);
const pods = (): readonly Pod[] => cluster.client.view('Pod').list();
const active = (): readonly Pod[] => pods().filter(isActive);
const indexOf = ({ metadata }: Pod): number =>
  Number(metadata.annotations?.['batch.kubernetes.io/job-completion-index']);
const running = (): readonly number[] => active().map(indexOf).sort();
const conditions = () => (job()?.status?.conditions ?? []).map(({ type, reason }) => `${type} ${reason ?? ''}`);
async function end(index: number, phase: 'Succeeded' | 'Failed'): Promise<void> {
  await report(
    cluster,
    active().filter((pod) => indexOf(pod) === index),
    phase,
  );
}
async function pass(ms: number): Promise<void> {
  await cluster.clock.advance(ms);
  await cluster.idle();
}

it.each([{}, { backoffLimitPerIndex: 1 }, { completionMode: 'NonIndexed' }])(
  'makes no pod in place of one that succeeds while another is counted: %j',
  async (spec) => {
    await create({ completions: 2, parallelism: 2, ...spec });
    const [first, second] = active();
    let meanwhile: Promise<void> | undefined;
    const stop = cluster.client.view('Job').onChange(({ object }) => {
      const { uncountedTerminatedPods, completedIndexes } = object.status ?? {};
      if ((uncountedTerminatedPods?.succeeded ?? completedIndexes) === undefined) return;
      meanwhile ??= report(cluster, second === undefined ? [] : [second], 'Succeeded');
    });
    await report(cluster, first === undefined ? [] : [first], 'Succeeded');
    await meanwhile;
    stop();
    expect(conditions()).toContain('Complete CompletionsReached');
    const made = cluster.client.view('Event').list({ where: ({ reason }) => reason === 'SuccessfulCreate' });
    expect(made).toHaveLength(2);
  },
);

describe('with a limit for each index', () => {
  it('waits for each index on its own, longer after each of its failures', async () => {
    await create({ backoffLimitPerIndex: 5 });
    await end(0, 'Failed');
    await pass(5_000);
    await end(1, 'Failed');
    expect(running()).toEqual([2]);
    await pass(5_000);
    expect(running()).toEqual([0, 2]);
    await pass(5_000);
    expect(running()).toEqual([0, 1, 2]);
    await end(0, 'Failed');
    await pass(19_000);
    expect(running()).toEqual([1, 2]);
    await pass(1_000);
    expect(running()).toEqual([0, 1, 2]);
    const failures = active().map(
      ({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-index-failure-count'],
    );
    expect(failures.sort()).toEqual(['0', '1', '2']);
  });

  it('gives up an index that fails once too often, finishes the others, and fails then', async () => {
    await create({ backoffLimitPerIndex: 1 });
    await end(1, 'Failed');
    await pass(10_000);
    await end(1, 'Failed');
    expect(job()?.status).toMatchObject({ failedIndexes: '1', failed: 2 });
    await pass(600_000);
    expect(running()).toEqual([0, 2]);
    await end(0, 'Succeeded');
    expect(conditions()).toEqual([]);
    await end(2, 'Succeeded');
    expect(conditions()).toEqual(['FailureTarget FailedIndexes', 'Failed FailedIndexes']);
    expect(job()?.status).toMatchObject({ completedIndexes: '0,2', failedIndexes: '1', succeeded: 2, failed: 2 });
    expect(pods().every(({ metadata }) => metadata.finalizers === undefined)).toBe(true);
  });

  it('knows how often an index failed although its pod was deleted', async () => {
    await create({ backoffLimitPerIndex: 1 });
    await end(0, 'Failed');
    const failed = pods().find(({ status }) => status?.phase === 'Failed');
    await cluster.client.delete('Pod', { namespace: 'default', name: failed?.metadata.name ?? '' });
    await pass(10_000);
    expect(pods().filter(({ status }) => status?.phase === 'Failed')).toEqual([]);
    await end(0, 'Failed');
    expect(job()?.status?.failedIndexes).toBe('0');
  });

  it('ends all when more indexes failed than may', async () => {
    await create({ backoffLimitPerIndex: 0, maxFailedIndexes: 1 });
    await end(0, 'Failed');
    expect(running()).toEqual([1, 2]);
    await end(2, 'Failed');
    expect(running()).toEqual([]);
    expect(conditions()).toEqual(['FailureTarget MaxFailedIndexesExceeded', 'Failed MaxFailedIndexesExceeded']);
    expect(job()?.status?.failedIndexes).toBe('0,2');
  });

  it.each([
    ['FailIndex', '0', []],
    ['Ignore', '', ['0']],
    ['Count', '', ['1']],
  ])('does with a failure what its policy says: %s', async (action, failedIndexes, failures) => {
    await create({
      completions: 1,
      parallelism: 1,
      backoffLimitPerIndex: 3,
      podFailurePolicy: { rules: [{ action, onPodConditions: [{ type: 'Ready', status: 'False' }] }] },
    });
    await end(0, 'Failed');
    expect(job()?.status?.failedIndexes).toBe(failedIndexes);
    await pass(10_000);
    const next = active().map(({ metadata }) => metadata.annotations?.['batch.kubernetes.io/job-index-failure-count']);
    expect(next).toEqual(failures);
  });
});

describe('with a success policy', () => {
  it.each<[string, object, readonly number[]]>([
    ['certain indexes', { succeededIndexes: '0,2' }, [0, 2]],
    ['so many', { succeededCount: 2 }, [1, 2]],
    ['so many of certain ones', { succeededIndexes: '0-1', succeededCount: 1 }, [2, 1]],
  ])('is complete when %s succeeded', async (_what, rule, ends) => {
    await create({ successPolicy: { rules: [{ succeededCount: 3, succeededIndexes: '0-2' }, rule] } });
    for (const index of ends.slice(0, -1)) await end(index, 'Succeeded');
    expect(conditions()).toEqual([]);
    await end(ends.at(-1) ?? -1, 'Succeeded');
    expect(running()).toEqual([]);
    expect(conditions()).toEqual(['SuccessCriteriaMet SuccessPolicy', 'Complete SuccessPolicy']);
    expect(job()?.status?.conditions?.[0]?.message).toBe('Matched rules at index 1');
  });
});

it.each<[string, object, string]>([
  [
    'a limit for each index without indexes',
    { completionMode: 'NonIndexed', backoffLimitPerIndex: 1 },
    'requires indexed completion mode',
  ],
  [
    'failed indexes without a limit for each',
    { maxFailedIndexes: 1 },
    'Required value: when maxFailedIndexes is specified',
  ],
  [
    'more failed indexes than there are',
    { maxFailedIndexes: 4, backoffLimitPerIndex: 1 },
    'must be less than or equal to completions',
  ],
  [
    'containers that are restarted beside a limit for each index',
    { backoffLimitPerIndex: 1, template: { spec: { ...template.spec, restartPolicy: 'OnFailure' } } },
    'only "Never" is supported when backoffLimitPerIndex is specified',
  ],
  [
    'FailIndex without a limit for each index',
    { podFailurePolicy: { rules: [{ action: 'FailIndex', onPodConditions: [{ type: 'Ready', status: 'False' }] }] } },
    'requires the backoffLimitPerIndex to be set',
  ],
  ['an empty success policy', { successPolicy: { rules: [] } }, 'at least one rules must be specified'],
  [
    'a rule that says nothing',
    { successPolicy: { rules: [{}] } },
    'at least one of succeededCount or succeededIndexes',
  ],
  [
    'indexes that there are not',
    { successPolicy: { rules: [{ succeededIndexes: '0-999999999' }] } },
    'error parsing succeededIndexes',
  ],
  [
    'indexes in disorder',
    { successPolicy: { rules: [{ succeededIndexes: '1,0' }] } },
    'error parsing succeededIndexes',
  ],
  [
    'a larger count than there are',
    { successPolicy: { rules: [{ succeededCount: 4 }] } },
    'must be less than or equal to 3',
  ],
])('refuses %s', async (_what, spec, message) => {
  await expect(create(spec)).rejects.toMatchObject({ code: 422, message: expect.stringContaining(message) as unknown });
});
