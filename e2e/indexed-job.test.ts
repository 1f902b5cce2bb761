import { Cluster } from './harness/cluster';
import { shell } from './harness/manifests';

jest.setTimeout(120_000);

/** Jobs whose indexes fail and succeed on their own, with the real kubectl and the real engine. */
describe('an indexed job', () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await Cluster.start();
  });
  afterAll(() => cluster.stop());

  const create = (name: string, line: string, spec: object): Promise<string> =>
    cluster.ok(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name },
        spec: {
          completions: 3,
          parallelism: 3,
          completionMode: 'Indexed',
          template: { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [shell(line)] } },
          ...spec,
        },
      }),
    );
  const status = (name: string, path: string): Promise<string> =>
    cluster.ok(['get', 'job', name, '-o', `jsonpath=${path}`]);

  it('finishes the others where one index fails for good, and fails then', async () => {
    await create('some', 'test $JOB_COMPLETION_INDEX -ne 1', { backoffLimitPerIndex: 0 });
    await cluster.ok(['wait', '--for=condition=Failed', 'job/some', '--timeout=60s']);
    expect(await status('some', '{.status.completedIndexes} {.status.failedIndexes} {.status.succeeded}')).toBe(
      '0,2 1 2',
    );
    expect(await cluster.ok(['describe', 'job', 'some'])).toMatch(/Completed Indexes: +0,2\n/);
    expect(await status('some', '{.status.conditions[?(@.type=="Failed")].message}')).toBe('Job has failed indexes');
  });

  it('is complete as soon as its success policy says so, and ends the others', async () => {
    await create('first', 'test $JOB_COMPLETION_INDEX -eq 0 || exec sleep 3600', {
      successPolicy: { rules: [{ succeededIndexes: '0' }] },
    });
    await cluster.ok(['wait', '--for=condition=Complete', 'job/first', '--timeout=60s']);
    expect(await status('first', '{.status.conditions[?(@.type=="Complete")].reason}')).toBe('SuccessPolicy');
    expect(
      await cluster.ok([
        'get',
        'pods',
        '-l',
        'batch.kubernetes.io/job-name=first',
        '-o',
        'jsonpath={.items[*].status.phase}',
      ]),
    ).toBe('Succeeded');
  });
});
