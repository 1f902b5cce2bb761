import type { Logger } from '../../shared/logger';
import { silentLogger } from '../../shared/logger';
import { startRegistry } from '../registry/testing/test-registry';
import { createEventRecorder } from './event-recorder';

const subject = (name: string) => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { namespace: 'default', name, uid: name },
});
const TEXT = { type: 'Normal', reason: 'Started', message: 'it has begun' } as const;
const SOURCE = { component: 'test' };

it('writes what it can of a storm of events, and says once how many it could not', async () => {
  const { registry, client, clock } = await startRegistry();
  const warnings: unknown[] = [];
  const logger: Logger = {
    ...silentLogger,
    warn: (fields: object, message: string) => warnings.push([fields, message]),
  };
  const events = createEventRecorder({ client, clock, logger });
  for (let index = 0; index < 3_000; index += 1) events.record(subject(`pod-${index}`), TEXT, SOURCE);
  await events.flush();
  const written = client.view('Event').list({ namespace: 'default' }).length;
  expect(written).toBeGreaterThan(0);
  expect(warnings).toEqual([[{ count: 3_000 - written }, 'events dropped: too many were waiting']]);

  events.record(subject('later'), TEXT, SOURCE);
  await events.flush();
  expect(client.view('Event').list({ namespace: 'default' })).toHaveLength(written + 1);
  expect(warnings).toHaveLength(1);
  await registry.close();
});

it('raises the count of an event that comes again', async () => {
  const { registry, client, clock } = await startRegistry();
  const events = createEventRecorder({ client, clock, logger: silentLogger });
  for (let time = 0; time < 3; time += 1) {
    events.record(subject('web'), TEXT, SOURCE);
    await events.flush();
  }
  expect(
    client
      .view('Event')
      .list()
      .map(({ count }) => count),
  ).toEqual([3]);
  await registry.close();
});
