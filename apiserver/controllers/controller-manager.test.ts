import { silentLogger } from '../../shared/logger';
import { keyOf } from '../registry/client';
import { startRegistry } from '../registry/testing/test-registry';
import type { Controller } from './controller';
import { done, watching } from './controller';
import { ControllerManager } from './controller-manager';

it('has told a controller of all that there is, of every kind, before it is first called', async () => {
  const { client, clock, registry } = await startRegistry();
  const key = (name: string) => ({ namespace: 'default', name });
  for (const name of ['one', 'two']) await client.create('ConfigMap', { metadata: key(name) });
  for (const name of ['three', 'four']) await client.create('Secret', { metadata: key(name) });

  const seen: string[] = [];
  const seenAtCalls: (readonly string[])[] = [];
  const controller: Controller = {
    name: 'test',
    watches: [
      watching('ConfigMap', ({ object }) => (object.metadata.namespace === 'default' ? [keyOf(object)] : [])),
      watching('Secret', ({ object }) => {
        seen.push(object.metadata.name);
        return [];
      }),
    ],
    reconcile: () => {
      seenAtCalls.push([...seen].sort());
      return Promise.resolve(done);
    },
  };
  const manager = new ControllerManager([controller], { client, clock, logger: silentLogger });
  manager.start();
  await manager.idle();
  expect(seenAtCalls).toEqual([
    ['four', 'three'],
    ['four', 'three'],
  ]);
  await manager.stop();
  await registry.close();
});
