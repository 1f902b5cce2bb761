import { StatusError } from '../../shared/status-error';
import type { Client } from '../registry/client';
import { startRegistry } from '../registry/testing/test-registry';
import { NamespaceController } from './namespace';
import type { TestControllers } from './testing/test-controllers';
import { startControllers } from './testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
  await cluster.client.create('Namespace', { metadata: { name: 'team' } });
});
afterEach(() => cluster.stop());

const team = () => cluster.client.view('Namespace').get({ name: 'team' });
const inTeam = (name: string) => ({ namespace: 'team', name });
const conditions = () =>
  Object.fromEntries(
    (team()?.status?.conditions ?? []).map(({ type, status, message }) => [type, `${status}: ${message ?? ''}`]),
  );

async function createPod(): Promise<string> {
  const { metadata } = await cluster.client.create('Pod', {
    metadata: inTeam('web'),
    spec: { containers: [{ name: 'app', image: 'busybox' }] },
  });
  return metadata.uid;
}

async function removeTeam(): Promise<void> {
  await cluster.client.delete('Namespace', { name: 'team' });
  await cluster.idle();
}

it('deletes the contents of a namespace, then the namespace, and nothing elsewhere', async () => {
  await cluster.client.create('ConfigMap', { metadata: inTeam('settings') });
  await cluster.client.create('Endpoints', { metadata: inTeam('web') });
  await cluster.client.create('ConfigMap', { metadata: { namespace: 'default', name: 'settings' } });
  await createPod();
  await cluster.idle();
  await removeTeam();
  expect(team()).toBeUndefined();
  for (const kind of cluster.client.kinds.names({ namespaced: true })) {
    expect(cluster.client.view(kind).list({ namespace: 'team' })).toEqual([]);
  }
  expect(cluster.client.view('ConfigMap').get({ namespace: 'default', name: 'settings' })).toBeDefined();
});

it('says what a terminating namespace waits for, and goes as soon as that is gone', async () => {
  await cluster.client.bind(inTeam('web'), { nodeName: 'n1', uid: await createPod() });
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await cluster.client.create('ConfigMap', { metadata: { ...inTeam('held'), finalizers: ['example.com/held'] } });
  await cluster.client.create('NetworkPolicy', {
    metadata: { ...inTeam('held'), finalizers: ['example.com/held'] },
    spec: { podSelector: {} },
  });
  await removeTeam();
  expect(team()?.status?.phase).toBe('Terminating');
  expect(conditions()).toEqual({
    NamespaceDeletionDiscoveryFailure: 'False: All resources successfully discovered',
    NamespaceDeletionGroupVersionParsingFailure: 'False: All legacy kube types successfully parsed',
    NamespaceDeletionContentFailure: 'False: All content successfully deleted, may be waiting on finalization',
    NamespaceContentRemaining:
      'True: Some resources are remaining: configmaps. has 1 resource instances, networkpolicies.networking.k8s.io has 1 resource instances, pods. has 1 resource instances',
    NamespaceFinalizersRemaining:
      'True: Some content in the namespace has finalizers remaining: example.com/held in 2 resource instances',
  });

  const freed = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
  await cluster.client.patch('ConfigMap', inTeam('held'), freed);
  await cluster.client.patch('NetworkPolicy', inTeam('held'), freed);
  await cluster.idle();
  expect(conditions()).toMatchObject({
    NamespaceContentRemaining: 'True: Some resources are remaining: pods. has 1 resource instances',
    NamespaceFinalizersRemaining: 'False: All content-preserving finalizers finished',
  });

  await cluster.client.delete('Pod', inTeam('web'), { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect(team()).toBeUndefined();
});

it('keeps an empty namespace that somebody else has a finalizer on', async () => {
  const finalize = { subresource: 'finalize' } as const;
  await cluster.client.modify(
    'Namespace',
    { name: 'team' },
    (it) => ({ ...it, spec: { finalizers: ['kubernetes', 'example.com/backup'] } }),
    finalize,
  );
  await removeTeam();
  expect(team()?.spec?.finalizers).toEqual(['example.com/backup']);
  await cluster.client.modify('Namespace', { name: 'team' }, (it) => ({ ...it, spec: { finalizers: [] } }), finalize);
  expect(team()).toBeUndefined();
});

it('leaves a namespace alone that is not being deleted', async () => {
  await cluster.client.create('ConfigMap', { metadata: inTeam('settings') });
  await cluster.idle();
  expect(team()?.status).toEqual({ phase: 'Active' });
  expect(cluster.client.view('ConfigMap').get({ namespace: 'team', name: 'settings' })).toBeDefined();
});

it('gives each namespace its default service account, and gives it back when it was deleted', async () => {
  const account = () => cluster.client.view('ServiceAccount').get(inTeam('default'));
  await cluster.idle();
  const first = account()?.metadata.uid;
  expect(first).toBeDefined();
  await cluster.client.delete('ServiceAccount', inTeam('default'));
  await cluster.idle();
  expect(account()?.metadata.uid).toBeDefined();
  expect(account()?.metadata.uid).not.toBe(first);
});

it('says what it cannot delete, and deletes the rest', async () => {
  const parts = await startRegistry();
  const { client, clock } = parts;
  await client.create('Namespace', { metadata: { name: 'team' } });
  for (const kind of ['ConfigMap', 'Secret'] as const) await client.create(kind, { metadata: inTeam('settings') });
  const refusing: Client['delete'] = (kind, key, options) =>
    kind === 'Secret'
      ? Promise.reject(new StatusError('Forbidden', 'secrets "settings" is forbidden: kept by policy'))
      : client.delete(kind, key, options);
  await client.delete('Namespace', { name: 'team' });
  const controller = new NamespaceController({ ...client, delete: refusing }, clock, []);
  await expect(controller.reconcile({ name: 'team' })).rejects.toThrow('kept by policy');
  expect(client.view('ConfigMap').get(inTeam('settings'))).toBeUndefined();
  const { status } = await client.get('Namespace', { name: 'team' });
  expect(status?.conditions?.find(({ type }) => type === 'NamespaceDeletionContentFailure')).toMatchObject({
    status: 'True',
    reason: 'ContentDeletionFailed',
    message: 'Failed to delete all resource types, 1 remaining: secrets "settings" is forbidden: kept by policy',
  });
  await parts.registry.close();
});
