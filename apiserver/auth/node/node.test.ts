import type { PodSpec } from '../../../shared/api/objects';
import { aPod } from '../../../shared/testing/builders';
import { NodePods } from '../../node-channel/node-pods';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';
import type { Attributes } from '../authorizer';
import { SYSTEM_USER } from '../user';
import { NodeAuthorizer } from './node-authorizer';
import { nodeRestriction } from './node-restriction';

const node = (name: string) => ({ name: `system:node:${name}`, groups: ['system:nodes', 'system:authenticated'] });

let parts: TestRegistry;
let authorizer: NodeAuthorizer;

beforeEach(async () => {
  parts = await startRegistry({ morePlugins: [nodeRestriction] });
  authorizer = new NodeAuthorizer(parts.client, NodePods.following(parts.client.view('Pod')));
  await parts.client.create('ServiceAccount', { metadata: { namespace: 'default', name: 'builder' } });
  await makePod('mine', 'n1', {
    volumes: [
      { name: 's', secret: { secretName: 'key' } },
      { name: 'd', persistentVolumeClaim: { claimName: 'data' } },
    ],
  });
  await makePod('other', 'n2');
});
afterEach(() => parts.registry.close());

async function makePod(name: string, nodeName: string, more: Partial<PodSpec> = {}): Promise<void> {
  await parts.client.create('Pod', {
    metadata: { namespace: 'default', name },
    spec: { ...aPod().spec, nodeName, serviceAccountName: 'builder', ...more },
  });
}

const inDefault = (verb: string, resource: string, more: object = {}): Attributes => ({
  verb,
  group: '',
  resource,
  namespace: 'default',
  ...more,
});
const lease = (name: string): Attributes => ({
  verb: 'update',
  group: 'coordination.k8s.io',
  resource: 'leases',
  namespace: 'kube-node-lease',
  name,
});

describe('a node', () => {
  it.each<[string, Attributes, boolean]>([
    ['a secret of its pods', inDefault('get', 'secrets', { name: 'key' }), true],
    ['another secret', inDefault('get', 'secrets', { name: 'crown-jewels' }), false],
    ['all secrets', inDefault('list', 'secrets'), false],
    ['writing a secret of its pods', inDefault('update', 'secrets', { name: 'key' }), false],
    ['a claim of its pods', inDefault('get', 'persistentvolumeclaims', { name: 'data' }), true],
    ['another claim', inDefault('get', 'persistentvolumeclaims', { name: 'else' }), false],
    ['its pod', inDefault('get', 'pods', { name: 'mine' }), true],
    ['the status of its pod', inDefault('patch', 'pods', { name: 'mine', subresource: 'status' }), true],
    ['a pod of another', inDefault('delete', 'pods', { name: 'other' }), false],
    ['a shell in its pod', inDefault('create', 'pods', { name: 'mine', subresource: 'exec' }), false],
    ['all pods', inDefault('list', 'pods'), false],
    ['all pods on it', inDefault('list', 'pods', { fieldSelector: 'spec.nodeName=n1' }), true],
    ['all pods on another', inDefault('list', 'pods', { fieldSelector: 'spec.nodeName=n2' }), false],
    [
      'tokens of its pods’ account',
      inDefault('create', 'serviceaccounts', { name: 'builder', subresource: 'token' }),
      true,
    ],
    [
      'tokens of another account',
      inDefault('create', 'serviceaccounts', { name: 'default', subresource: 'token' }),
      false,
    ],
    ['itself', { verb: 'get', group: '', resource: 'nodes', name: 'n1' }, true],
    ['another node', { verb: 'get', group: '', resource: 'nodes', name: 'n2' }, false],
    ['deleting itself', { verb: 'delete', group: '', resource: 'nodes', name: 'n1' }, false],
    ['its lease', lease('n1'), true],
    ['another’s lease', lease('n2'), false],
    ['services', inDefault('list', 'services'), true],
    ['deployments', { verb: 'list', group: 'apps', resource: 'deployments' }, false],
  ])('and %s', (_what, attributes, expected) => {
    expect(authorizer.isAllowed(node('n1'), attributes)).toBe(expected);
  });

  it('is one by name and group alike', () => {
    const attributes = inDefault('get', 'secrets', { name: 'key' });
    expect(authorizer.isAllowed({ name: 'system:node:n1', groups: [] }, attributes)).toBe(false);
    expect(authorizer.isAllowed({ name: 'n1', groups: ['system:nodes'] }, attributes)).toBe(false);
  });

  it('loses a secret with the pod that had it', async () => {
    await parts.client.delete('Pod', { namespace: 'default', name: 'mine' }, { gracePeriodSeconds: 0 });
    expect(authorizer.isAllowed(node('n1'), inDefault('get', 'secrets', { name: 'key' }))).toBe(false);
  });
});

describe('a node that writes', () => {
  const write = async (name: string, metadata: object, spec: object = {}) => {
    const { registry } = parts;
    const kind = registry.kinds.require('Node');
    const body = { metadata: { name, ...metadata }, spec };
    return registry.create(kind, undefined, body, { user: node('n1') });
  };

  it('makes itself, with labels that say what it is', async () => {
    await expect(
      write('n1', { labels: { 'kubernetes.io/hostname': 'n1', 'example.com/disk': 'ssd' } }),
    ).resolves.toBeDefined();
  });

  it.each([
    ['another node', 'n2', {}, 'not allowed to modify node "n2"'],
    [
      'a label of trust',
      'n1',
      { 'node-restriction.kubernetes.io/pci': 'yes' },
      'modify labels: node-restriction.kubernetes.io/pci',
    ],
    [
      'a role',
      'n1',
      { 'node-role.kubernetes.io/control-plane': '' },
      'modify labels: node-role.kubernetes.io/control-plane',
    ],
  ])('does not make %s', async (_what, name, labels, message) => {
    await expect(write(name, { labels })).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining(message) as string,
    });
  });

  it('does not take away its taints', async () => {
    const { registry } = parts;
    const kind = registry.kinds.require('Node');
    const taints = [{ key: 'dedicated', effect: 'NoSchedule' }];
    const body = { metadata: { name: 'n1' }, spec: { taints } };
    await registry.create(kind, undefined, body, { user: SYSTEM_USER });
    const patch = { type: 'merge', body: { spec: { taints: null } } } as const;
    await expect(registry.patch(kind, { name: 'n1' }, patch, { user: node('n1') })).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining('not allowed to modify taints') as string,
    });
  });
});
