import { loadSchemas } from '../openapi/schemas';
import { strategicMerge } from './strategic-merge';

const schemas = loadSchemas();
type Fields = Readonly<Record<string, unknown>>;
const mergePod = (original: Fields, patch: Fields): unknown =>
  strategicMerge(schemas, 'io.k8s.api.core.v1.Pod', { spec: original }, { spec: patch })['spec'];

const app = (fields: object = {}): Fields => ({ name: 'app', image: 'a:1', ...fields });
const inApp = (fields: object): Fields => ({ containers: [{ name: 'app', ...fields }] });

it.each<[string, Fields, Fields, Fields]>([
  [
    'containers by name, and adds a new one behind',
    { containers: [app(), { name: 'b', image: 'b:1' }] },
    {
      containers: [
        { name: 'b', image: 'b:2' },
        { name: 'c', image: 'c:1' },
      ],
    },
    { containers: [app(), { name: 'b', image: 'b:2' }, { name: 'c', image: 'c:1' }] },
  ],
  [
    'environment variables by name',
    inApp({
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    }),
    inApp({ env: [{ name: 'A', value: '3' }] }),
    inApp({
      env: [
        { name: 'A', value: '3' },
        { name: 'B', value: '2' },
      ],
    }),
  ],
  [
    'ports by their number',
    inApp({ ports: [{ containerPort: 80, name: 'http' }] }),
    inApp({ ports: [{ containerPort: 80, name: 'web' }, { containerPort: 81 }] }),
    inApp({ ports: [{ containerPort: 80, name: 'web' }, { containerPort: 81 }] }),
  ],
  [
    'volume mounts by their path, with what only the patch has before what only the server has',
    inApp({ volumeMounts: [{ mountPath: '/a', name: 'v' }] }),
    inApp({ volumeMounts: [{ mountPath: '/b', name: 'v' }] }),
    inApp({
      volumeMounts: [
        { mountPath: '/b', name: 'v' },
        { mountPath: '/a', name: 'v' },
      ],
    }),
  ],
  [
    'volumes by name, keeping only the source that $retainKeys names',
    { volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }] },
    { volumes: [{ name: 'v', $retainKeys: ['name', 'configMap'], configMap: { name: 'c' } }] },
    { volumes: [{ name: 'v', configMap: { name: 'c' } }] },
  ],
  [
    'tolerations and arguments not at all: such lists are replaced',
    { tolerations: [{ key: 'a' }], ...inApp({ args: ['x', 'y'] }) },
    { tolerations: [{ key: 'b' }], ...inApp({ args: ['z'] }) },
    { tolerations: [{ key: 'b' }], ...inApp({ args: ['z'] }) },
  ],
  [
    'maps key by key, null taking a key away',
    { nodeSelector: { disk: 'ssd', zone: 'a' } },
    { nodeSelector: { zone: null, rack: '1' } },
    { nodeSelector: { disk: 'ssd', rack: '1' } },
  ],
])('merges %s', (_, original, patch, expected) => {
  expect(mergePod(original, patch)).toEqual(expected);
});

it.each<[string, Fields, Fields, Fields]>([
  [
    '$patch: delete takes an item out of a list',
    { containers: [app(), { name: 'b', image: 'b' }] },
    { containers: [{ name: 'b', $patch: 'delete' }] },
    { containers: [app()] },
  ],
  [
    '$patch: delete of what is not there changes nothing',
    { containers: [app()] },
    { containers: [{ name: 'b', $patch: 'delete' }] },
    { containers: [app()] },
  ],
  [
    '$patch: replace in a list leaves out what the patch deletes beside it',
    { containers: [app()] },
    { containers: [{ name: 'b', $patch: 'delete' }, { $patch: 'replace' }, { name: 'c' }] },
    { containers: [{ name: 'c' }] },
  ],
  [
    '$patch: replace in a list replaces the whole list',
    { containers: [app(), { name: 'b', image: 'b' }] },
    { containers: [{ name: 'c', image: 'c' }, { $patch: 'replace' }] },
    { containers: [{ name: 'c', image: 'c' }] },
  ],
  [
    '$patch: replace in an object replaces the object',
    { securityContext: { runAsUser: 1, fsGroup: 2 } },
    { securityContext: { $patch: 'replace', fsGroup: 3 } },
    { securityContext: { fsGroup: 3 } },
  ],
  [
    '$patch: delete in an object empties it',
    { securityContext: { runAsUser: 1 } },
    { securityContext: { $patch: 'delete' } },
    { securityContext: {} },
  ],
  [
    '$setElementOrder orders a merged list',
    { containers: [app(), { name: 'b', image: 'b' }] },
    {
      '$setElementOrder/containers': [{ name: 'b' }, { name: 'app' }],
      containers: [{ name: 'b', image: 'b:2' }],
    },
    { containers: [{ name: 'b', image: 'b:2' }, app()] },
  ],
  [
    '$setElementOrder leaves what only the server has in its place',
    { containers: [app(), { name: 'injected', image: 'i' }, { name: 'b', image: 'b' }] },
    { '$setElementOrder/containers': [{ name: 'app' }, { name: 'b' }, { name: 'c' }], containers: [{ name: 'c' }] },
    { containers: [app(), { name: 'injected', image: 'i' }, { name: 'b', image: 'b' }, { name: 'c' }] },
  ],
])('%s', (_, original, patch, expected) => {
  expect(mergePod(original, patch)).toEqual(expected);
});

it('merges finalizers as a set, and deletes from it by $deleteFromPrimitiveList', () => {
  const merge = (metadata: Fields) =>
    strategicMerge(schemas, 'io.k8s.api.core.v1.Pod', { metadata: { finalizers: ['a', 'b'] } }, { metadata });
  expect(merge({ finalizers: ['b', 'c'] })).toEqual({ metadata: { finalizers: ['a', 'b', 'c'] } });
  expect(merge({ '$deleteFromPrimitiveList/finalizers': ['a'] })).toEqual({ metadata: { finalizers: ['b'] } });
});

it.each<[string, Fields, string]>([
  ['an item without its merge key', { containers: [{ image: 'x' }] }, 'does not contain declared merge key: name'],
  ['an unknown directive', { securityContext: { $patch: 'mend' } }, 'Unknown patch type found: mend'],
  ['a text in a list of objects', { containers: ['x'] }, 'must be an object'],
  [
    '$retainKeys that leaves out what the patch sets',
    { volumes: [{ name: 'v', $retainKeys: ['name'], emptyDir: {} }] },
    'does not include emptyDir',
  ],
])('refuses %s', (_, patch, message) => {
  expect(() => mergePod({ containers: [app()], volumes: [{ name: 'v' }] }, patch)).toThrow(
    expect.objectContaining({ reason: 'BadRequest', message: expect.stringContaining(message) as string }) as Error,
  );
});

it('changes neither the object nor the patch', () => {
  const original = { containers: [app({ env: [{ name: 'A', value: '1' }] })] };
  const patch = inApp({ env: [{ name: 'A', $patch: 'delete' }] });
  const before = structuredClone([original, patch]);
  mergePod(original, patch);
  expect([original, patch]).toEqual(before);
});
