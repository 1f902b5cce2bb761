import type { ApiObject, EphemeralContainer } from '../../../shared/api/objects';
import type { StatusError } from '../../../shared/status-error';
import { SYSTEM_USER } from '../../auth/user';
import type { TestRegistry } from '../../registry/testing/test-registry';
import { startRegistry } from '../../registry/testing/test-registry';

let cluster: TestRegistry;
const key = { namespace: 'default', name: 'web' };

beforeEach(async () => {
  cluster = await startRegistry();
  const spec = {
    containers: [{ name: 'app', image: 'app:v1' }],
    volumes: [{ name: 'data', emptyDir: {} }],
  };
  await cluster.registry.create(pods(), 'default', { metadata: { name: 'web' }, spec }, { user: SYSTEM_USER });
});
afterEach(() => cluster.registry.close());

const pods = () => cluster.registry.kinds.require('Pod');

const patch = (body: object, subresource?: 'ephemeralcontainers') =>
  cluster.registry.patch(
    pods(),
    key,
    { type: 'strategic', body: body as ApiObject },
    { user: SYSTEM_USER, ...(subresource === undefined ? {} : { subresource }) },
  );
const add = (container: object) => patch({ spec: { ephemeralContainers: [container] } }, 'ephemeralcontainers');
const causesOf = (attempt: Promise<unknown>): Promise<readonly string[]> =>
  attempt.then(
    () => [],
    (error: StatusError) =>
      error.details?.causes?.map(({ field, message }) => `${field ?? ''}: ${message ?? ''}`) ?? [error.message],
  );
const debuggerOf = (more: object = {}): object => ({ name: 'debugger', image: 'busybox', ...more });

it('adds a container to a pod that runs, with its defaults', async () => {
  const { object } = await add(debuggerOf({ targetContainerName: 'app', stdin: true, tty: true }));
  const { ephemeralContainers } = object['spec'] as { ephemeralContainers: EphemeralContainer[] };
  expect(ephemeralContainers).toEqual([
    expect.objectContaining({ name: 'debugger', targetContainerName: 'app', terminationMessagePolicy: 'File' }),
  ]);
  expect(object.metadata.generation).toBe(2);
});

it('lets nothing else through that door', async () => {
  const spec = { activeDeadlineSeconds: 5, ephemeralContainers: [debuggerOf()] };
  const { object } = await patch({ metadata: { labels: { a: 'b' } }, spec }, 'ephemeralcontainers');
  expect(object.metadata.labels).toBeUndefined();
  expect(object['spec']).not.toHaveProperty('activeDeadlineSeconds');
});

it('keeps what was added before as it is', async () => {
  await add(debuggerOf());
  expect(await causesOf(add(debuggerOf({ image: 'other' })))).toEqual([
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be changed\n- \timage: "busybox"\n+ \timage: "other"\n',
  ]);
  const none = { spec: { ephemeralContainers: null } };
  expect(await causesOf(patch(none, 'ephemeralcontainers'))).toEqual([
    'spec.ephemeralContainers: Forbidden: existing ephemeral containers "debugger" may not be removed\n',
  ]);
  await add(debuggerOf({ name: 'second' }));
});

it('adds none with the rest of the pod', async () => {
  expect(await causesOf(patch({ spec: { ephemeralContainers: [debuggerOf()] } }))).toEqual([
    expect.stringMatching(/^spec: Forbidden: pod updates may not change fields other than/),
  ]);
  const spec = { containers: [{ name: 'app', image: 'app' }], ephemeralContainers: [debuggerOf()] };
  const create = cluster.registry.create(pods(), 'default', { metadata: { name: 'b' }, spec }, { user: SYSTEM_USER });
  expect(await causesOf(create)).toEqual(['spec.ephemeralContainers: Forbidden: cannot be set on create']);
});

const lasting: Readonly<Record<string, unknown>> = {
  ports: [{ containerPort: 80 }],
  livenessProbe: { tcpSocket: { port: 80 } },
  lifecycle: { preStop: { exec: { command: ['true'] } } },
  resources: { limits: { cpu: '1' } },
  restartPolicy: 'Always',
};

it.each<[string, object, string]>([
  ['without a name', { name: '' }, 'spec.ephemeralContainers[0].name: Required value'],
  ['without an image', { image: '' }, 'spec.ephemeralContainers[0].image: Required value'],
  ["with another container's name", { name: 'app' }, 'spec.ephemeralContainers[0].name: Duplicate value: "app"'],
  [
    'whose target is not there',
    { targetContainerName: 'db' },
    'spec.ephemeralContainers[0].targetContainerName: Not found: "db"',
  ],
  ...Object.entries(lasting).map(([field, value]): [string, object, string] => [
    `with ${field}`,
    { [field]: value },
    `spec.ephemeralContainers[0].${field}: Forbidden: cannot be set for an Ephemeral Container`,
  ]),
  [
    'that mounts a part of a volume',
    { volumeMounts: [{ name: 'data', mountPath: '/d', subPath: 'a' }] },
    'spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container',
  ],
])('refuses one %s', async (_what, traits, problem) => {
  expect(await causesOf(add(debuggerOf(traits)))).toContain(problem);
});
