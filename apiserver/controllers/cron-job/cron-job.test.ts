import { conflict } from '../../../shared/status-error';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { ProcessClock } from '../../simulation/world/process-clock';
import { CronJobController } from './cron-job';
import { parseSchedule } from './schedule';
import { key, MINUTE, playedCronJob } from './testing/played-cron-job';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const { create, pass, cron, jobs, endAll } = playedCronJob(() => cluster);

it('starts a job at each time of its schedule, named for it', async () => {
  await create();
  expect(jobs()).toEqual([]);
  await pass(MINUTE);
  const minute = Date.parse('2026-01-01T00:01:00Z') / MINUTE;
  expect(jobs().map(({ metadata }) => metadata.name)).toEqual([`tick-${minute}`]);
  expect(jobs()[0]?.metadata.annotations).toMatchObject({
    'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:01:00Z',
  });
  expect(cron()?.status).toMatchObject({ lastScheduleTime: '2026-01-01T00:01:00Z', active: [{ kind: 'Job' }] });
  await endAll('Succeeded');
  expect(cron()?.status).toEqual({
    lastScheduleTime: '2026-01-01T00:01:00Z',
    lastSuccessfulTime: '2026-01-01T00:01:00Z',
  });
});

it.each([
  ['Allow', 2, '1'],
  ['Forbid', 1, '1'],
  ['Replace', 1, '2'],
])('where a job still runs, %s leaves %i', async (concurrencyPolicy, count, oldest) => {
  await create({ concurrencyPolicy });
  await pass(MINUTE);
  await pass(MINUTE);
  expect(jobs()).toHaveLength(count);
  expect(jobs()[0]?.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp']).toBe(
    `2026-01-01T00:0${oldest}:00Z`,
  );
});

it('keeps as many finished jobs as it is told', async () => {
  await create({ successfulJobsHistoryLimit: 2 });
  for (let minute = 0; minute < 4; minute++) {
    await pass(MINUTE);
    await endAll('Succeeded');
  }
  expect(jobs()).toHaveLength(2);
});

it('starts only the last of the runs it missed', async () => {
  await create({ suspend: true });
  await pass(10 * MINUTE + 30_000);
  const resume = { type: 'merge', body: { spec: { suspend: false } } } as const;
  await cluster.client.patch('CronJob', key, resume);
  await cluster.idle();
  expect(jobs()).toHaveLength(1);
  expect(cron()?.status?.lastScheduleTime).toBe('2026-01-01T00:10:00Z');
});

it('lets a run go that is later than its starting deadline', async () => {
  await create({ suspend: true, startingDeadlineSeconds: 10 });
  await pass(10 * MINUTE + 30_000);
  await cluster.client.patch('CronJob', key, { type: 'merge', body: { spec: { suspend: false } } });
  await cluster.idle();
  expect(jobs()).toEqual([]);
  await pass(30_000);
  expect(jobs()).toHaveLength(1);
});

it('starts nothing for a time that a new schedule would have meant before', async () => {
  await create({ schedule: '0 0 * * *' });
  await pass(12.5 * 60 * MINUTE);
  await cluster.client.patch('CronJob', key, { type: 'merge', body: { spec: { schedule: '0 12 * * *' } } });
  await cluster.idle();
  await pass(11 * 60 * MINUTE);
  expect(jobs()).toEqual([]);
  await pass(12.5 * 60 * MINUTE);
  expect(cron()?.status?.lastScheduleTime).toBe('2026-01-02T12:00:00Z');
});

it.each([
  ['*/15 * * * *', 'UTC', '2026-01-01T00:15:00Z'],
  ['30 9 * * *', 'Europe/Berlin', '2026-01-01T08:30:00Z'],
  ['0 0 ? * 1', 'UTC', '2026-01-05T00:00:00Z'],
  ['@monthly', 'UTC', '2026-02-01T00:00:00Z'],
  ['@every 1h30m', 'UTC', '2026-01-01T01:30:00Z'],
  ['@every 100ms', 'UTC', '2026-01-01T00:00:01Z'],
])('%s in %s is first due at %s', (text, zone, expected) => {
  const next = parseSchedule(text, zone)?.nextAfter(Date.parse('2026-01-01T00:00:00Z'));
  expect(next).toBe(Date.parse(expected));
});

it.each([
  ['0 9 * * 1', '2026-01-06T00:00:00Z', '2026-01-05T09:00:00Z'],
  ['0 9 * * 1', '2026-01-05T09:00:00Z', '2026-01-05T09:00:00Z'],
  ['0 9 * * 1', '2026-01-05T08:59:59Z', undefined],
  ['@every 1m', '2026-01-01T00:02:30Z', '2026-01-01T00:02:00Z'],
])('%s was last due at %s at %s', (text, now, expected) => {
  const last = parseSchedule(text)?.lastBetween(Date.parse('2026-01-01T00:00:00Z'), Date.parse(now));
  expect(last).toBe(expected === undefined ? undefined : Date.parse(expected));
});

it('tells the queue why it could not replace a job, so that what is to be expected is taken as such', async () => {
  await create({ concurrencyPolicy: 'Replace' });
  await pass(MINUTE);
  const { client, clock, events } = cluster;
  const refusal = conflict({ group: 'batch', resource: 'jobs' }, 'tick', 'changed meanwhile');
  const refused = { ...client, delete: () => Promise.reject(refusal) };
  await clock.advance(MINUTE - 1);
  const ahead = new ProcessClock(clock, { offsetMs: 1 });
  const controller = new CronJobController({ client: refused, clock: ahead, events });
  await expect(controller.reconcile(key)).rejects.toBe(refusal);
});
