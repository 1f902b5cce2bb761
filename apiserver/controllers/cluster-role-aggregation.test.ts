import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import type { TestControllers } from './testing/test-controllers';
import { startControllers } from './testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const rule = (resource: string): PolicyRule => ({ apiGroups: ['example.com'], resources: [resource], verbs: ['get'] });
const part = (name: string, labels: Record<string, string>) =>
  cluster.client.create('ClusterRole', { metadata: { name, labels }, rules: [rule(name)] });
const gathered = async (): Promise<readonly string[]> => {
  await cluster.idle();
  const { rules = [] } = cluster.client.view('ClusterRole').get({ name: 'all' }) ?? {};
  return rules.flatMap(({ resources = [] }) => resources);
};

it('gives a role the rules of all roles that it selects, as they come, change and go', async () => {
  await part('one', { team: 'a' });
  await cluster.client.create('ClusterRole', {
    metadata: { name: 'all', labels: { team: 'a' } },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: { team: 'a' } }, { matchLabels: { team: 'b' } }] },
    rules: [rule('made-up')],
  });
  expect(await gathered()).toEqual(['one']);
  await part('two', { team: 'b' });
  await part('three', { team: 'c' });
  expect(await gathered()).toEqual(['one', 'two']);
  await cluster.client.patch(
    'ClusterRole',
    { name: 'three' },
    { type: 'merge', body: { metadata: { labels: { team: 'b' } } } },
  );
  expect(await gathered()).toEqual(['one', 'three', 'two']);
  await cluster.client.delete('ClusterRole', { name: 'one' });
  expect(await gathered()).toEqual(['three', 'two']);
});
