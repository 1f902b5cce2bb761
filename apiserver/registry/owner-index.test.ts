import type { OwnerReference } from '../../shared/api/objects';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await startRegistry();
});
afterEach(() => cluster.registry.close());

const key = (name: string) => ({ namespace: 'default', name });
const owner = (uid: string, controller: boolean): OwnerReference => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name: 'owner',
  uid,
  controller,
});
const create = (name: string, ownerReferences: OwnerReference[] = []) =>
  cluster.client.create('ConfigMap', { metadata: { ...key(name), ownerReferences } });
const setOwners = (name: string, ownerReferences: OwnerReference[]) =>
  cluster.client.modify('ConfigMap', key(name), (object) => ({
    ...object,
    metadata: { ...object.metadata, ownerReferences },
  }));
const names = (options: { readonly ownedBy?: string; readonly controlled?: false }): readonly string[] =>
  cluster.client
    .view('ConfigMap')
    .list({ namespace: 'default', ...options })
    .map(({ metadata }) => metadata.name);

it('finds what an owner has, in the order of their names, as references come and go', async () => {
  for (const name of ['c', 'a', 'b']) await create(name, [owner('1', false)]);
  expect(names({ ownedBy: '1' })).toEqual(['a', 'b', 'c']);
  await setOwners('b', [owner('2', false)]);
  await cluster.client.delete('ConfigMap', key('a'));
  expect(names({ ownedBy: '1' })).toEqual(['c']);
  expect(names({ ownedBy: '2' })).toEqual(['b']);
  expect(names({ ownedBy: '3' })).toEqual([]);
});

it('finds what nobody controls: an owner that is no controller does not count', async () => {
  await create('alone');
  await create('owned', [owner('1', false)]);
  await create('controlled', [owner('1', true)]);
  expect(names({ controlled: false })).toEqual(['alone', 'owned']);
  await setOwners('controlled', []);
  await setOwners('alone', [owner('1', true)]);
  expect(names({ controlled: false })).toEqual(['controlled', 'owned']);
  await cluster.client.delete('ConfigMap', key('owned'));
  expect(names({ controlled: false })).toEqual(['controlled']);
});
