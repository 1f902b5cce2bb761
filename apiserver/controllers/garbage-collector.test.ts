import type { ApiObject, OwnerReference } from '../../shared/api/objects';
import type { TestControllers } from './testing/test-controllers';
import { startControllers } from './testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = (name: string) => ({ namespace: 'default', name });

/** A ConfigMap, which owns and is owned as well as any kind. Resolves to a reference to it. */
async function create(name: string, owners: readonly OwnerReference[] = [], finalizers?: string[]) {
  const object: ApiObject = {
    metadata: {
      ...key(name),
      ownerReferences: [...owners],
      ...(finalizers === undefined ? {} : { finalizers }),
    },
  };
  const { metadata } = await cluster.client.create('ConfigMap', object);
  await cluster.idle();
  return { apiVersion: 'v1', kind: 'ConfigMap', name, uid: metadata.uid };
}

const blocking = (owner: OwnerReference): OwnerReference => ({ ...owner, blockOwnerDeletion: true });

async function remove(name: string, propagationPolicy: 'Background' | 'Foreground' | 'Orphan'): Promise<void> {
  await cluster.client.delete('ConfigMap', key(name), { propagationPolicy });
  await cluster.idle();
}

const release = async (name: string): Promise<void> => {
  await cluster.client.patch('ConfigMap', key(name), { type: 'merge', body: { metadata: { finalizers: null } } });
  await cluster.idle();
};

const standing = (): readonly string[] =>
  cluster.client
    .view('ConfigMap')
    .list({ namespace: 'default', where: ({ metadata }) => metadata.name !== 'kube-root-ca.crt' })
    .map(({ metadata: { name, deletionTimestamp } }) => (deletionTimestamp === undefined ? name : `${name} (going)`));

const ownersOf = (name: string): readonly string[] =>
  (cluster.client.view('ConfigMap').get(key(name))?.metadata.ownerReferences ?? []).map((each) => each.name);

it('deletes what has lost its last owner, and what that owned', async () => {
  const owner = await create('owner');
  const middle = await create('middle', [owner]);
  await create('leaf', [middle]);
  await create('bystander');
  await remove('owner', 'Background');
  expect(standing()).toEqual(['bystander']);
});

it('keeps what another owner still wants, without the reference to the one that is gone', async () => {
  const [first, second] = [await create('first'), await create('second')];
  await create('shared', [first, second]);
  await remove('first', 'Background');
  expect(standing()).toEqual(['second', 'shared']);
  expect(ownersOf('shared')).toEqual(['second']);
});

it.each([
  ['was never there', { name: 'absent', uid: 'no-such-uid' }],
  ['has the name but another uid', { name: 'owner', uid: 'uid-of-a-predecessor' }],
])('deletes what names an owner that %s', async (_, reference) => {
  await create('owner');
  await create('dependent', [{ apiVersion: 'v1', kind: 'ConfigMap', ...reference }]);
  expect(standing()).toEqual(['owner']);
});

it('leaves alone what names an owner of a kind it does not know', async () => {
  await create('dependent', [{ apiVersion: 'example.com/v1', kind: 'Widget', name: 'w', uid: 'u' }]);
  expect(standing()).toEqual(['dependent']);
});

it('takes an owner in another namespace for none', async () => {
  const { metadata } = await cluster.client.create('ConfigMap', {
    metadata: { namespace: 'kube-system', name: 'owner' },
  });
  await create('dependent', [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid }]);
  expect(standing()).toEqual([]);
});

it('lets a node own what stands in a namespace', async () => {
  const { metadata } = await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await create('dependent', [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid: metadata.uid }]);
  expect(standing()).toEqual(['dependent']);
  await cluster.client.delete('Node', { name: 'n1' });
  await cluster.idle();
  expect(standing()).toEqual([]);
});

it('takes the references away when dependents shall stay behind', async () => {
  const owner = await create('owner');
  await create('dependent', [owner]);
  await remove('owner', 'Orphan');
  expect(standing()).toEqual(['dependent']);
  expect(ownersOf('dependent')).toEqual([]);
});

it('keeps an owner in foreground deletion until the dependents that block it are gone', async () => {
  const owner = await create('owner');
  await create('held', [blocking(owner)], ['example.com/held']);
  await create('free', [blocking(owner)]);
  await remove('owner', 'Foreground');
  expect(standing()).toEqual(['held (going)', 'owner (going)']);
  await release('held');
  expect(standing()).toEqual([]);
});

it('does not wait in the foreground for dependents that do not block', async () => {
  const owner = await create('owner');
  await create('held', [owner], ['example.com/held']);
  await remove('owner', 'Foreground');
  expect(standing()).toEqual(['held (going)']);
});

it('waits in the foreground for the dependents of dependents', async () => {
  const owner = await create('owner');
  const middle = await create('middle', [blocking(owner)]);
  await create('leaf', [blocking(middle)], ['example.com/held']);
  await remove('owner', 'Foreground');
  expect(standing()).toEqual(['leaf (going)', 'middle (going)', 'owner (going)']);
  await release('leaf');
  expect(standing()).toEqual([]);
});

it('lets an owner in foreground deletion go without what somebody else owns too', async () => {
  const [first, second] = [await create('first'), await create('second')];
  await create('shared', [blocking(first), blocking(second)]);
  await remove('first', 'Foreground');
  expect(standing()).toEqual(['second', 'shared']);
  expect(ownersOf('shared')).toEqual(['second']);
});

it('lets an owner go when a dependent stops blocking it', async () => {
  const owner = await create('owner');
  await create('held', [blocking(owner)], ['example.com/held']);
  await remove('owner', 'Foreground');
  await cluster.client.patch('ConfigMap', key('held'), {
    type: 'merge',
    body: { metadata: { ownerReferences: [] } },
  });
  await cluster.idle();
  expect(standing()).toEqual(['held (going)']);
});

it('breaks a circle of owners that would wait for each other', async () => {
  const first = await create('first');
  const second = await create('second', [blocking(first)]);
  await cluster.client.patch('ConfigMap', key('first'), {
    type: 'merge',
    body: { metadata: { ownerReferences: [blocking(second)] } },
  });
  await remove('first', 'Foreground');
  expect(standing()).toEqual([]);
});

describe('an owner that cannot be where it is said to be', () => {
  const warnings = async () => {
    await cluster.events.flush();
    return cluster.client
      .view('Event')
      .list({ where: ({ reason }) => reason === 'OwnerRefInvalidNamespace' })
      .map(({ type, message, involvedObject: { name } }) => [type, name, message]);
  };

  it('is none in another namespace: what names it goes, and that is told of', async () => {
    await cluster.client.create('Namespace', { metadata: { name: 'other' } });
    const owner = await create('owner');
    const metadata = { namespace: 'other', name: 'stray', ownerReferences: [owner] };
    await cluster.client.create('ConfigMap', { metadata });
    await cluster.idle();
    expect(cluster.client.view('ConfigMap').get({ namespace: 'other', name: 'stray' })).toBeUndefined();
    expect(await warnings()).toEqual([
      [
        'Warning',
        'stray',
        `ownerRef [v1/ConfigMap, namespace: other, name: owner, uid: ${owner.uid}] does not exist in namespace "other"`,
      ],
    ]);
  });

  it('keeps what belongs to no namespace, as nobody can tell which is meant', async () => {
    const owner = await create('owner');
    await cluster.client.create('PriorityClass', { metadata: { name: 'high', ownerReferences: [owner] }, value: 1 });
    await cluster.idle();
    await remove('owner', 'Background');
    expect(cluster.client.view('PriorityClass').get({ name: 'high' })).toBeDefined();
    expect((await warnings()).map(([, name, message]) => [name, message])).toEqual([
      ['high', `ownerRef [v1/ConfigMap, namespace: , name: owner, uid: ${owner.uid}] does not exist in namespace ""`],
    ]);
  });
});
