import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  // Four parts.
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

async function join(...names: readonly string[]): Promise<void> {
  for (const name of names) await cluster.client.create('Node', { metadata: { name } });
  await cluster.idle();
}

const blockOf = (name: string) => cluster.client.view('Node').get({ name })?.spec?.podCIDR;

it('gives each node a block of its own, which it keeps', async () => {
  await join('n1', 'n2');
  expect([blockOf('n1'), blockOf('n2')]).toEqual(['10.244.0.0/24', '10.244.1.0/24']);
  expect(cluster.client.view('Node').get({ name: 'n1' })?.spec?.podCIDRs).toEqual(['10.244.0.0/24']);
});

it('gives nobody a block that a node brought along', async () => {
  const spec = { podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] };
  await cluster.client.create('Node', { metadata: { name: 'old' }, spec });
  await join('n1');
  expect([blockOf('old'), blockOf('n1')]).toEqual(['10.244.0.0/24', '10.244.1.0/24']);
});

it('says on the node that no block is left, and gives it the next that is returned', async () => {
  await join('n1', 'n2', 'n3', 'n4', 'late');
  expect(blockOf('late')).toBeUndefined();
  await cluster.events.flush();
  const said = cluster.client.view('Event').list({ where: ({ reason }) => reason === 'CIDRNotAvailable' });
  expect(said).toMatchObject([{ involvedObject: { kind: 'Node', name: 'late' } }]);

  await cluster.client.delete('Node', { name: 'n2' });
  await cluster.idle();
  expect(blockOf('late')).toBe('10.244.1.0/24');
});
