import type { CronJob } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { toldOf } from '../testing/told';
import { key, MINUTE, playedCronJob, template } from './testing/played-cron-job';
import { controllerRef } from '../workloads/ownership';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const { create, pass, cron, jobs, endAll } = playedCronJob(() => cluster);
async function resume(): Promise<void> {
  await cluster.client.patch('CronJob', key, { type: 'merge', body: { spec: { suspend: false } } });
  await cluster.idle();
}
const status = (): CronJob['status'] => cron()?.status;
const told = (): Promise<readonly string[]> => toldOf(cluster, 'CronJob');
const minute = (text: string): string => `tick-${Date.parse(text) / MINUTE}`;

it('tells of a run from its start to its removal', async () => {
  await create({ successfulJobsHistoryLimit: 1 });
  await pass(MINUTE);
  await endAll('Succeeded');
  await pass(MINUTE);
  await endAll('Succeeded');
  const [first, second] = [minute('2026-01-01T00:01:00Z'), minute('2026-01-01T00:02:00Z')];
  expect(await told()).toEqual([
    `Normal SuccessfulCreate: Created job ${first}`,
    `Normal SawCompletedJob: Saw completed job: ${first}, condition: Complete`,
    `Normal SuccessfulCreate: Created job ${second}`,
    `Normal SawCompletedJob: Saw completed job: ${second}, condition: Complete`,
    `Normal SuccessfulDelete: Deleted job ${first}`,
  ]);
});

it('says that a job went missing, and starts the next on time', async () => {
  await create({ concurrencyPolicy: 'Forbid' });
  await pass(MINUTE);
  const name = jobs()[0]?.metadata.name ?? '';
  await cluster.client.delete('Job', { namespace: 'default', name }, { propagationPolicy: 'Background' });
  await cluster.idle();
  expect(await told()).toContain(`Normal MissingJob: Active job went missing: ${name}`);
  expect(status()?.active).toBeUndefined();
  await pass(MINUTE);
  expect(jobs().map(({ metadata }) => metadata.name)).toEqual([minute('2026-01-01T00:02:00Z')]);
});

it('is not held up by a job that somebody else made in its name', async () => {
  const cron = await create({ concurrencyPolicy: 'Forbid' });
  await cluster.client.create('Job', {
    metadata: {
      namespace: 'default',
      name: 'by-hand',
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual' },
      ownerReferences: [controllerRef(cron)],
    },
    spec: { template },
  });
  await cluster.idle();
  expect(await told()).toEqual([
    'Warning UnexpectedJob: Saw a job that the controller did not create or forgot: by-hand',
  ]);
  expect(status()?.active).toBeUndefined();
  await pass(MINUTE);
  expect(jobs().map(({ metadata }) => metadata.name)).toContain(minute('2026-01-01T00:01:00Z'));
  await endAll('Succeeded');
  expect(status()?.lastSuccessfulTime).toBe('2026-01-01T00:01:00Z');
});

it('knows again the job it had started before it could note it', async () => {
  const cron = await create({ suspend: true });
  await pass(MINUTE);
  const name = minute('2026-01-01T00:01:00Z');
  const metadata = { namespace: 'default', name, ownerReferences: [controllerRef(cron)] };
  await cluster.client.create('Job', { metadata, spec: { template } });
  await resume();
  expect(status()).toMatchObject({ lastScheduleTime: '2026-01-01T00:01:00Z', active: [{ name }] });
  expect(jobs()).toHaveLength(1);
});

it('leaves alone a job of somebody else that bears the name of its run', async () => {
  await create({ suspend: true });
  await pass(MINUTE);
  const metadata = { namespace: 'default', name: minute('2026-01-01T00:01:00Z') };
  await cluster.client.create('Job', { metadata, spec: { template } });
  await resume();
  expect(status()).toEqual({});
});

it.each([
  [100, []],
  [
    102,
    [
      'Warning TooManyMissedTimes: too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    ],
  ],
])('after %i missed runs it starts the last', async (minutes, warnings) => {
  await create({ suspend: true });
  await pass(minutes * MINUTE);
  await resume();
  const name = `tick-${cluster.clock.now() / MINUTE}`;
  expect(await told()).toEqual([...warnings, `Normal SuccessfulCreate: Created job ${name}`]);
});

it('says which run it lets go as it is too late', async () => {
  await create({ suspend: true, startingDeadlineSeconds: 10 });
  await pass(10 * MINUTE + 30_000);
  await resume();
  expect(await told()).toEqual([
    'Warning MissSchedule: Missed scheduled time to start a job: Thu, 01 Jan 2026 00:10:00 +0000',
  ]);
});

it('says that a schedule of days that never come is none', async () => {
  await create({ schedule: '59 23 31 2 *' });
  expect(await told()).toEqual([
    'Warning InvalidSchedule: invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second',
  ]);
});

it.each([
  ['UTC', '0 9 * * *', '2026-01-01T09:00:00Z'],
  ['Europe/Berlin', '0 9 * * *', '2026-01-01T09:00:00+01:00'],
  ['America/St_Johns', '0 9 * * *', '2026-01-01T09:00:00-03:30'],
])('notes the time of a run as it is in %s', async (timeZone, schedule, expected) => {
  await create({ schedule, timeZone });
  await pass(Date.parse(expected) - cluster.clock.now());
  expect(jobs()[0]?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe(expected);
  expect(status()?.lastScheduleTime).toBe(toTimestamp(Date.parse(expected)));
});

it('refuses a period that is no duration', async () => {
  await expect(create({ schedule: '@every soon' })).rejects.toThrow(
    'failed to parse duration @every soon: time: invalid duration "soon"',
  );
});
