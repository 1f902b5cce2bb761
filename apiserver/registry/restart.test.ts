import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { settle } from '../../shared/testing/fake-clock';
import { createKindList } from '../kinds/kinds';
import { createRegistry } from './create-registry';
import type { GenericRegistry } from './generic-registry';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

let before: TestRegistry;
let after: GenericRegistry | undefined;
beforeEach(async () => {
  before = await startRegistry();
});
afterEach(async () => {
  await after?.close();
  after = undefined;
});

const configMap = (name: string, value: string) => ({ metadata: { namespace: 'default', name }, data: { value } });

/** Another server on what the first has stored. */
async function restart(): Promise<GenericRegistry> {
  await before.registry.close();
  const { store, clock } = before;
  after = await createRegistry({
    store,
    clock,
    kinds: createKindList(),
    random: seededRandom(2),
    logger: silentLogger,
  });
  return after;
}

async function watched(registry: GenericRegistry, resourceVersion: string): Promise<readonly string[]> {
  const kind = registry.kinds.require('ConfigMap');
  const watch = registry.watch(kind, { resourceVersion, allowBookmarks: false });
  const told: string[] = [];
  const following = (async () => {
    for await (const signals of watch) {
      for (const signal of signals) {
        if ('encoded' in signal) {
          const { metadata, data } = JSON.parse(signal.encoded.json.toString()) as ReturnType<typeof configMap>;
          told.push(`${signal.type} ${metadata.name} ${data.value}`);
        } else told.push(signal.type);
      }
    }
  })();
  await settle();
  watch.close();
  await following;
  return told;
}

it('goes on with a watch from before a restart: nothing is told twice, nothing is left out', async () => {
  const { client, registry } = before;
  const changing = await client.create('ConfigMap', configMap('changing', '1'));
  await client.create('ConfigMap', configMap('going', '1'));
  const resourceVersion = String(registry.cache.revision);
  await client.update('ConfigMap', { ...changing, data: { value: '2' } });
  await client.create('ConfigMap', configMap('new', '1'));
  await client.delete('ConfigMap', { namespace: 'default', name: 'going' });
  const expected = ['MODIFIED changing 2', 'ADDED new 1', 'DELETED going 1'];
  expect(await watched(registry, resourceVersion)).toEqual(expected);
  expect(await watched(await restart(), resourceVersion)).toEqual(expected);
});

it('says that a watch is too old whose changes the store has forgotten', async () => {
  const resourceVersion = String(before.registry.cache.revision);
  await before.client.create('ConfigMap', configMap('new', '1'));
  await before.store.compact(before.store.revision);
  expect(await watched(await restart(), resourceVersion)).toEqual(['ERROR']);
});
