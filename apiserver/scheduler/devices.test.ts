import { DEVICES_ANNOTATION } from '../../shared/pod/devices';
import { startScheduler } from './testing/scheduler-harness';

const GPU = 'example.com/gpu';

async function start() {
  const cluster = await startScheduler();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1', resources: { [GPU]: '3' } });
  const add = async (name: string, amounts: Record<string, string>) => {
    const resources = { requests: { cpu: '100m', ...amounts }, limits: amounts };
    await cluster.addPod({ name, containers: [{ name: 'app', image: 'app', resources }] });
    await cluster.idle();
    return cluster.pod(name)?.metadata.annotations?.[DEVICES_ANNOTATION];
  };
  return { ...cluster, add };
}

it('says on the pod which devices it was given, and gives shares of one device together', async () => {
  const cluster = await start();
  expect(await cluster.add('share', { [`${GPU}-milli`]: '600' })).toBe(`${GPU}=0`);
  expect(await cluster.add('more', { [`${GPU}-milli`]: '400' })).toBe(`${GPU}=0`);
  expect(await cluster.add('whole', { [GPU]: '2' })).toBe(`${GPU}=1,2`);
  expect(await cluster.add('none', {})).toBeUndefined();
  await cluster.stop();
});

it('knows after a restart who has which device', async () => {
  const cluster = await start();
  await cluster.add('a', { [`${GPU}-milli`]: '600' });
  await cluster.add('b', { [GPU]: '1' });
  await cluster.client.delete('Pod', { namespace: 'default', name: 'a' }, { gracePeriodSeconds: 0 });
  await cluster.scheduler.stop();
  const again = cluster.restart();
  again.start();
  // The second pod holds device 1 still, and not the first one that is free.
  expect(await cluster.add('c', { [GPU]: '2' })).toBe(`${GPU}=0,2`);
  await again.stop();
  await cluster.stop();
});
