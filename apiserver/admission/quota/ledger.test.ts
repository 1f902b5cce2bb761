import fc from 'fast-check';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import { QuotaLedger } from './ledger';

const HARD = {
  pods: '3',
  'requests.cpu': '2',
  'limits.memory': '4Gi',
  'count/pods': '4',
  services: '3',
  'services.nodeports': '2',
  'requests.storage': '10Gi',
  persistentvolumeclaims: '2',
  'count/configmaps': '3',
};
const SCOPED = { hard: { pods: '2' }, scopes: ['NotBestEffort'] };

/** Whatever the quota lets through or refuses, one step after the other or all at once. */
type Step = (cluster: TestRegistry, slot: number) => Promise<unknown>;
const key = (slot: number) => ({ namespace: 'default', name: `o${slot}` });
const STEPS: readonly Step[] = [
  ...['0', '500m', '1'].map(
    (cpu): Step =>
      ({ client }, slot) =>
        client.create('Pod', {
          metadata: key(slot),
          spec: {
            containers: [
              {
                name: 'c',
                image: 'x:1',
                resources: { requests: { cpu, memory: '1Gi' }, limits: { cpu: '1', memory: '1Gi' } },
              },
            ],
          },
        }),
  ),
  ({ client }, slot) => client.delete('Pod', key(slot)),
  ({ client }, slot) =>
    client.modify('Pod', key(slot), (old) => ({ ...old, status: { ...old.status, phase: 'Failed' } }), {
      subresource: 'status',
    }),
  ({ client }, slot) => client.create('Service', { metadata: key(slot), spec: { ports: [{ port: 1 }] } }),
  ...['NodePort', 'ClusterIP'].map(
    (type): Step =>
      ({ client }, slot) =>
        client.patch('Service', key(slot), { type: 'merge', body: { spec: { type } } }),
  ),
  ({ client }, slot) => client.delete('Service', key(slot)),
  ({ client }, slot) =>
    client.create('PersistentVolumeClaim', {
      metadata: key(slot),
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '3Gi' } } },
    }),
  ({ client }, slot) =>
    client.patch('PersistentVolumeClaim', key(slot), {
      type: 'merge',
      body: { spec: { resources: { requests: { storage: '7Gi' } } } },
    }),
  ({ client }, slot) => client.delete('PersistentVolumeClaim', key(slot)),
  ({ client }, slot) => client.create('ConfigMap', { metadata: key(slot) }),
  ({ client }, slot) => client.delete('ConfigMap', key(slot)),
];
const step = fc.record({ step: fc.nat(STEPS.length - 1), slot: fc.nat(4) });

it('tells at any time what a fresh count tells, and never more than the limits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { maxLength: 12 }), async (rounds) => {
      const cluster = await startRegistry();
      const { client, clock, registry } = cluster;
      for (const [name, spec] of [
        ['all', { hard: HARD }],
        ['sized', SCOPED],
      ] as const) {
        await client.create('ResourceQuota', { metadata: { namespace: 'default', name }, spec: structuredClone(spec) });
      }
      for (const round of rounds) {
        // Those of a round run at the same time; the quota, what is there, and what is not, refuse some of them.
        await Promise.allSettled(round.map((each) => STEPS[each.step]?.(cluster, each.slot)));
        const fresh = new QuotaLedger(registry.cache, registry.kinds, clock);
        for (const name of ['all', 'sized']) {
          const quota = { namespace: 'default', name };
          const used = registry.quotas.find(quota)?.usedTexts();
          expect(used).toEqual(fresh.find(quota)?.usedTexts());
          expect(isWithin(used ?? {}, name === 'all' ? HARD : SCOPED.hard)).toBe(true);
        }
      }
      await registry.close();
    }),
    { numRuns: 60, seed: 20_261_123 },
  );
});

/** All amounts here are small enough for numbers. */
function isWithin(used: Readonly<Record<string, string>>, hard: Readonly<Record<string, string>>): boolean {
  const amount = (text: string): number =>
    Number.parseFloat(text) * (text.endsWith('m') ? 0.001 : text.endsWith('Gi') ? 2 ** 30 : 1);
  return Object.entries(hard).every(([name, limit]) => amount(used[name] ?? '0') <= amount(limit));
}

it('costs nothing where there is no quota: no account is kept', async () => {
  const { client, registry } = await startRegistry();
  await client.create('ConfigMap', { metadata: { namespace: 'default', name: 'a' } });
  expect(registry.quotas.accountsOf('default')).toEqual([]);
  const quota = { namespace: 'default', name: 'q' };
  await client.create('ResourceQuota', { metadata: quota, spec: { hard: { configmaps: '5' } } });
  expect(registry.quotas.find(quota)?.usedTexts()).toEqual({ configmaps: '1' });
  await client.delete('ResourceQuota', quota);
  expect(registry.quotas.accountsOf('default')).toEqual([]);
  await registry.close();
});
