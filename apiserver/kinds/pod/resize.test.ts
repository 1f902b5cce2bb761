import type { ApiObject, PodSpec } from '../../../shared/api/objects';
import type { StatusError } from '../../../shared/status-error';
import { SYSTEM_USER } from '../../auth/user';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';

let cluster: TestRegistry;
const key = { namespace: 'default', name: 'web' };
const resources = { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '200m', memory: '64Mi' } };

beforeEach(async () => {
  cluster = await startRegistry();
  const spec = {
    containers: [{ name: 'app', image: 'app:v1', resources }],
    initContainers: [{ name: 'first', image: 'app:v1', resources: { limits: resources.limits } }],
  };
  await cluster.registry.create(pods(), 'default', { metadata: { name: 'web' }, spec }, { user: SYSTEM_USER });
});
afterEach(() => cluster.registry.close());

const pods = () => cluster.registry.kinds.require('Pod');
const resize = (spec: object, metadata: object = {}) =>
  cluster.registry.patch(
    pods(),
    key,
    { type: 'strategic', body: { metadata, spec } as ApiObject },
    { user: SYSTEM_USER, subresource: 'resize' },
  );
const app = (change: object): object => ({ containers: [{ name: 'app', resources: change }] });

it('changes what a container asks for and may use, and nothing else', async () => {
  const more = { ...app({ limits: { cpu: '400m' } }), activeDeadlineSeconds: 5 };
  const { object } = await resize(more, { labels: { a: 'b' } });
  const spec = object['spec'] as PodSpec;
  expect(spec.containers[0]?.resources).toEqual({ ...resources, limits: { cpu: '400m', memory: '64Mi' } });
  expect(spec).not.toHaveProperty('activeDeadlineSeconds');
  expect(object.metadata).toMatchObject({ generation: 2 });
  expect(object.metadata.labels).toBeUndefined();
});

it.each<[string, object, string]>([
  [
    'a limit that is taken away',
    app({ limits: { cpu: null } }),
    'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed',
  ],
  [
    'another resource',
    app({ limits: { 'ephemeral-storage': '1Gi' } }),
    'spec: Forbidden: only cpu and memory resources are mutable',
  ],
  [
    'a change of the quality of service',
    app({ requests: { cpu: '200m' } }),
    'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
  ],
  [
    'an init container',
    { initContainers: [{ name: 'first', resources: { limits: { cpu: '1' } } }] },
    'spec: Forbidden: resources for non-sidecar init containers are immutable',
  ],
  [
    'a request above its limit',
    app({ requests: { cpu: '1' } }),
    'spec.containers[0].resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 200m',
  ],
])('refuses %s', async (_what, spec, problem) => {
  const causes = await resize(spec).then(
    () => [],
    (error: StatusError) => error.details?.causes?.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`),
  );
  expect(causes).toContain(problem);
});

it('refuses a pod that asks for resources as a whole', async () => {
  const spec = { containers: [{ name: 'app', image: 'app:v1' }], resources };
  await cluster.registry.create(pods(), 'default', { metadata: { name: 'whole' }, spec }, { user: SYSTEM_USER });
  const patch = { type: 'strategic', body: { spec: app({ requests: { cpu: '50m' } }) } } as const;
  const options = { user: SYSTEM_USER, subresource: 'resize' } as const;
  await expect(cluster.registry.patch(pods(), { ...key, name: 'whole' }, patch, options)).rejects.toThrow(
    'Forbidden: pods with pod-level resources cannot be resized',
  );
});
