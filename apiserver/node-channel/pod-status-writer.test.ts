import type { PodStatus } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import { aPod } from '../../shared/testing/builders';
import { PodStatusWriter, mergedStatus } from './pod-status-writer';
import { FakeClient } from './testing/fake-client';

const WEB = { uid: 'uid-web', namespace: 'default', name: 'web' };

async function start(): Promise<{ client: FakeClient; writer: PodStatusWriter; status: () => PodStatus | undefined }> {
  const client = new FakeClient();
  await client.create('Pod', { ...aPod({ name: 'web', node: 'n1' }) });
  return {
    client,
    writer: new PodStatusWriter(client),
    status: () => client.view('Pod').get(WEB)?.status,
  };
}

it('writes the newest of the reports that came while it was writing', async () => {
  const { client, writer, status } = await start();
  const reports = ['a', 'b', 'c'].map((message) => writer.report('n1', { ...WEB, status: { message } }));
  await Promise.all(reports);
  expect(status()?.message).toBe('c');
  expect(client.writes.filter((write) => write.startsWith('update status')).length).toBeLessThanOrEqual(2);
});

it('tells the sender that a write failed, so that it is sent again, and takes it then', async () => {
  const { client, writer, status } = await start();
  client.failNext('update', new StatusError('ServiceUnavailable', 'the disk is full'));
  const report = { ...WEB, status: { phase: 'Running' } };
  await expect(writer.report('n1', report)).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  await writer.report('n1', report);
  expect(status()?.phase).toBe('Running');
});

it.each([
  ['another node', 'n2', WEB, 'Forbidden'],
  ['a pod of the same name that came later', 'n1', { ...WEB, uid: 'uid-older' }, 'NotFound'],
  ['no such pod', 'n1', { ...WEB, name: 'gone' }, 'NotFound'],
])('refuses a report from or about %s', async (_what, node, pod, reason) => {
  const { writer } = await start();
  await expect(
    Promise.resolve().then(() => writer.report(node, { ...pod, status: { phase: 'Failed' } })),
  ).rejects.toMatchObject({ reason });
});

it('removes a pod only while it is being deleted, and only once', async () => {
  const { client, writer } = await start();
  await expect(writer.terminated('n1', WEB)).rejects.toMatchObject({ reason: 'Conflict' });
  await client.delete('Pod', WEB);
  await writer.terminated('n1', WEB);
  await writer.terminated('n1', WEB);
  expect(client.view('Pod').list()).toEqual([]);
});

it('lets a finished pod stay finished and keeps what others wrote', () => {
  const stored: PodStatus = {
    phase: 'Failed',
    qosClass: 'Burstable',
    conditions: [
      { type: 'PodScheduled', status: 'True' },
      { type: 'Ready', status: 'True' },
    ],
  };
  const reported: PodStatus = { phase: 'Running', conditions: [{ type: 'PodScheduled', status: 'False' }] };
  expect(mergedStatus(stored, reported)).toEqual({
    phase: 'Failed',
    qosClass: 'Burstable',
    conditions: [{ type: 'PodScheduled', status: 'True' }],
  });
});
