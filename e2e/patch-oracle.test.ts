import fc from 'fast-check';
import { loadSchemas } from '../apiserver/openapi/schemas';
import { applyPatch } from '../apiserver/registry/apply-patch';
import type { PatchType } from '../apiserver/registry/client';
import type { StoredObject } from '../shared/api/objects';
import { StatusError } from '../shared/status-error';
import { realKubectl, run } from './harness/programs';

jest.setTimeout(180_000);

type Fields = Readonly<Record<string, unknown>>;
const SEED = 20_260_101;
const RUNS = 100;

const name = fc.constantFrom('a', 'b', 'c');
const word = fc.constantFrom('x', 'y', 'z');
/** A list of things with distinct keys. */
const keyed = (key: string, values: fc.Arbitrary<unknown>, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.uniqueArray(fc.record({ [key]: values, ...fields }, { requiredKeys: [key] }), {
    selector: (item) => (item as Fields)[key],
    maxLength: 3,
  });

const env = keyed('name', name, { value: word });
const ports = keyed('containerPort', fc.constantFrom(80, 81), { name: word });
const mounts = keyed('mountPath', fc.constantFrom('/a', '/b'), { name, readOnly: fc.boolean() });
const resources = fc.dictionary(fc.constantFrom('cpu', 'memory'), fc.constantFrom('1', '2'));
const container = {
  image: word,
  args: fc.array(word, { maxLength: 2 }),
  env,
  ports,
  volumeMounts: mounts,
  resources: fc.record({ limits: resources, requests: resources }, { requiredKeys: [] }),
};
const volume = { emptyDir: fc.constant({}), configMap: fc.record({ name }) };
const spec = {
  containers: keyed('name', name, container),
  volumes: keyed('name', name, volume),
  nodeSelector: fc.dictionary(name, word),
  tolerations: fc.array(fc.record({ key: name, operator: fc.constant('Exists') }), { maxLength: 2 }),
  imagePullSecrets: keyed('name', name, {}),
  hostAliases: keyed('ip', fc.constantFrom('1.1.1.1', '2.2.2.2'), { hostnames: fc.array(word, { maxLength: 2 }) }),
  hostNetwork: fc.boolean(),
};
const labels = fc.dictionary(name, word);
const finalizers = fc.uniqueArray(fc.constantFrom('t/a', 't/b', 't/c'), { maxLength: 3 });

const original = fc.record({
  metadata: fc.record({ name: fc.constant('pod'), labels, finalizers }, { requiredKeys: ['name'] }),
  spec: fc.record(spec, { requiredKeys: ['containers'] }),
});

/** What a patch may say in place of a value: nothing, or that it goes. */
const orNull = (fields: Record<string, fc.Arbitrary<unknown>>): Record<string, fc.Arbitrary<unknown>> =>
  Object.fromEntries(
    Object.entries(fields).map(([key, values]) => [
      key,
      fc.oneof({ weight: 6, arbitrary: values }, { weight: 1, arbitrary: fc.constant(null) }),
    ]),
  );
/** A keyed list with directives: items to delete, the whole list replaced. */
const directed = (key: string, values: fc.Arbitrary<unknown>, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc
    .tuple(
      keyed(key, values, { ...orNull(fields), $patch: fc.constant('delete') }),
      fc.oneof(
        { weight: 9, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.constant([{ $patch: 'replace' }]) },
      ),
    )
    .map(([items, directive]) => [...items, ...directive]);
/** A volume of which only the named source stays. */
const retaining = keyed('name', name, { configMap: volume.configMap }).map((items) =>
  items.map((item) => ({ ...(item as Fields), $retainKeys: ['name', 'configMap'] })),
);

const patch = fc.record(
  {
    metadata: fc.record(
      {
        labels: fc.dictionary(name, fc.option(word, { freq: 3 })),
        // What is added is not deleted too: which of both comes last is left to chance.
        finalizers: fc.uniqueArray(fc.constantFrom('t/c', 't/d')),
        '$deleteFromPrimitiveList/finalizers': fc.uniqueArray(fc.constantFrom('t/a', 't/b')),
      },
      { requiredKeys: [] },
    ),
    spec: fc.record(
      {
        ...orNull(spec),
        // Not within their items: of a container that is new kubectl keeps what a directive says to delete.
        containers: directed('name', name, container),
        volumes: fc.oneof(directed('name', name, volume), retaining),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

/** kubectl leaves directives and nulls in list items that are new; an apiserver that reads them as a pod drops both. */
const asRead = (json: string): Fields =>
  JSON.parse(json, (key, value: unknown) => (key.startsWith('$') || value === null ? undefined : value)) as Fields;

/** RFC 7386: no lists are merged, and there are no directives. */
const mergePatch = fc.record(
  {
    metadata: fc.record(
      { labels: fc.dictionary(name, fc.option(word, { freq: 3 })), ...orNull({ finalizers }) },
      { requiredKeys: [] },
    ),
    spec: fc.record({ ...orNull(spec), containers: keyed('name', name, container) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);

const pointer = fc.oneof(
  fc.constantFrom(
    '/metadata/labels',
    '/spec/nodeSelector',
    '/spec/containers/0',
    '/spec/containers/-',
    '/spec/tolerations/1',
  ),
  fc.constantFrom(
    '/spec/containers/0/image',
    '/spec/containers/1/image',
    '/spec/containers/0/args/0',
    '/spec/hostNetwork',
  ),
  name.map((key) => `/metadata/labels/${key}`),
  name.map((key) => `/spec/nodeSelector/${key}`),
);
/** Of a type that fits the place, since kubectl reads the outcome as a pod. */
const valueAt = (path: string): fc.Arbitrary<unknown> =>
  /\/(image|args\/0|[abc])$/.test(path)
    ? word
    : /\/(labels|nodeSelector)$/.test(path)
      ? labels
      : path.includes('containers')
        ? fc.record({ name, image: word })
        : path.includes('tolerations')
          ? fc.record({ key: name, operator: fc.constant('Exists') })
          : fc.boolean();
/** RFC 6902: many of them do not apply. */
const operation = fc.oneof(
  fc
    .tuple(fc.constantFrom('add', 'replace', 'test'), pointer)
    .chain(([op, path]) => valueAt(path).map((value) => ({ op, path, value }))),
  pointer.map((path) => ({ op: 'remove', path })),
  fc
    .tuple(fc.constant('move'), name, name)
    .map(([op, a, b]) => ({ op, from: `/metadata/labels/${a}`, path: `/metadata/labels/${b}` })),
);
const jsonPatch = fc.array(operation, { minLength: 1, maxLength: 3 });

/** The same patches by kubectl's own implementation, on its side alone. */
describe('any pod becomes what kubectl makes of it', () => {
  let kubectl: string;
  beforeAll(async () => {
    kubectl = await realKubectl();
  });
  const schemas = loadSchemas();
  const POD = { schema: 'io.k8s.api.core.v1.Pod' };

  async function byKubectl(type: PatchType, object: Fields, change: unknown): Promise<Fields | 'refused'> {
    const { status, stdout, stderr } = await run(
      kubectl,
      ['patch', '--local', '-f', '-', '-o', 'json', `--type=${type}`, '-p', JSON.stringify(change)],
      { input: JSON.stringify(object), env: { ...process.env, KUBECONFIG: '/dev/null' } },
    );
    if (status === 0) return asRead(stdout);
    if (/panic|connection/.test(stderr)) throw new Error(stderr);
    return 'refused';
  }

  function byUs(type: PatchType, object: Fields, body: unknown): Fields | 'refused' {
    try {
      return asRead(JSON.stringify(applyPatch(schemas, POD, object as unknown as StoredObject, { type, body })));
    } catch (error) {
      if (error instanceof StatusError) return 'refused';
      throw error;
    }
  }

  it.each<[PatchType, fc.Arbitrary<unknown>]>([
    ['strategic', patch],
    ['merge', mergePatch],
    ['json', jsonPatch],
  ])('by a %s patch', async (type, patches) => {
    await fc.assert(
      fc.asyncProperty(original, patches, async (fields, change) => {
        const object = { apiVersion: 'v1', kind: 'Pod', ...fields };
        expect(byUs(type, object, change)).toEqual(await byKubectl(type, object, change));
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});
