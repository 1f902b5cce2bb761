import fc from 'fast-check';
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import type { JsonSchema } from '../custom-resources/json-schema';
import { shapeOfJsonSchema } from '../custom-resources/custom-shape';
import { loadSchemas } from '../openapi/schemas';
import { pathText } from './field-set';
import { decodeFields } from './fields-v1';
import { applyConfiguration, trackUpdate } from './ownership';
import type { Shape } from './shape';
import { shapeOfSchema } from './shape';
import type { Json, ModelConflicts, ModelState, Type } from './testing/slow-model';
import { leaf, list, map, modelApply, modelUpdate, set, struct } from './testing/slow-model';

const SEED = 20_260_101;
const RUNS = 150;

const word = fc.constantFrom('x', 'y');
const name = fc.constantFrom('a', 'b');
const dictionary = fc.dictionary(name, word, { maxKeys: 2 });
const some = (
  fields: Record<string, fc.Arbitrary<unknown>>,
  requiredKeys: readonly string[] = [],
): fc.Arbitrary<object> => fc.record(fields, { requiredKeys: [...requiredKeys] });
/** Not empty: a list of items that has none is not there in Go's types. */
const items = (key: string, values: fc.Arbitrary<unknown>, fields: Record<string, fc.Arbitrary<unknown>>) =>
  fc.uniqueArray(some({ [key]: values, ...fields }, [key]), {
    selector: (item) =>
      JSON.stringify([key, 'protocol'].map((each) => (item as Record<string, unknown>)[each] ?? 'TCP')),
    minLength: 1,
    maxLength: 3,
  });

const meta = struct({ name: leaf, labels: map(leaf), finalizers: set }, ['name']);
const anyMeta = some({
  labels: dictionary,
  finalizers: fc.uniqueArray(fc.constantFrom('t/a', 't/b', 't/c'), { minLength: 1, maxLength: 3 }),
});

const port = struct({ containerPort: leaf, protocol: leaf, name: leaf }, ['containerPort']);
const container = struct(
  {
    name: leaf,
    image: leaf,
    args: leaf,
    env: list({ name: undefined }, struct({ name: leaf, value: leaf }, ['name'])),
    ports: list({ containerPort: undefined, protocol: 'TCP' }, port),
    resources: struct({ limits: map(leaf), requests: map(leaf) }),
    readinessProbe: struct({ periodSeconds: leaf, exec: struct({ command: leaf }) }),
  },
  ['name', 'resources'],
);
const anyContainer = {
  image: word,
  args: fc.array(word, { maxLength: 2 }),
  env: items('name', name, { value: word }),
  ports: items('containerPort', fc.constantFrom(80, 81), { protocol: fc.constantFrom('TCP', 'UDP'), name: word }),
  resources: some({ limits: dictionary, requests: dictionary }),
  readinessProbe: some({
    periodSeconds: fc.constantFrom(1, 2),
    exec: some({ command: fc.array(word, { maxLength: 1 }) }),
  }),
};
const podSpec = struct(
  {
    containers: list({ name: undefined }, container),
    nodeSelector: leaf,
    tolerations: leaf,
    securityContext: struct({ runAsUser: leaf, sysctls: leaf }),
    hostname: leaf,
  },
  ['containers'],
);
const anyPodSpec = some({
  containers: items('name', name, anyContainer),
  nodeSelector: dictionary,
  tolerations: fc.array(some({ key: word }), { maxLength: 2 }),
  securityContext: some({ runAsUser: fc.constantFrom(1, 2) }),
  hostname: word,
});

const customSchema: JsonSchema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        words: { type: 'array', items: { type: 'string' } },
        rules: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['port', 'protocol'],
          items: {
            type: 'object',
            properties: {
              port: { type: 'integer' },
              protocol: { type: 'string', default: 'TCP' },
              note: { type: 'string' },
            },
          },
        },
        whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
        groups: {
          type: 'object',
          additionalProperties: {
            type: 'object',
            properties: {
              size: { type: 'integer' },
              inner: { type: 'object', properties: { note: { type: 'string' } } },
            },
          },
        },
      },
    },
  },
};

const kinds: readonly (readonly [string, Shape, Type, fc.Arbitrary<unknown>])[] = [
  [
    'pods',
    shapeOfSchema(loadSchemas(), 'io.k8s.api.core.v1.Pod'),
    struct({ apiVersion: leaf, kind: leaf, metadata: meta, spec: podSpec }, ['apiVersion', 'kind', 'metadata', 'spec']),
    some({ metadata: anyMeta, spec: anyPodSpec }, ['metadata']),
  ],
  [
    'deployments',
    shapeOfSchema(loadSchemas(), 'io.k8s.api.apps.v1.Deployment'),
    struct(
      {
        apiVersion: leaf,
        kind: leaf,
        metadata: meta,
        spec: struct(
          {
            replicas: leaf,
            selector: leaf,
            strategy: struct({ type: leaf, rollingUpdate: struct({ maxSurge: leaf }) }),
            template: struct({ metadata: meta, spec: podSpec }, ['metadata', 'spec']),
          },
          ['selector', 'strategy', 'template'],
        ),
      },
      ['apiVersion', 'kind', 'metadata', 'spec'],
    ),
    some(
      {
        metadata: anyMeta,
        spec: some({
          replicas: fc.constantFrom(1, 2),
          selector: some({ matchLabels: dictionary }),
          strategy: some({ type: word, rollingUpdate: some({ maxSurge: fc.constantFrom(1, 2) }) }),
          template: some({ metadata: anyMeta, spec: anyPodSpec }),
        }),
      },
      ['metadata'],
    ),
  ],
  [
    'custom objects',
    customShape(customSchema),
    struct(
      {
        apiVersion: leaf,
        kind: leaf,
        metadata: meta,
        spec: struct({
          size: leaf,
          tags: set,
          words: leaf,
          rules: list({ port: undefined, protocol: 'TCP' }, struct({ port: leaf, protocol: leaf, note: leaf })),
          whole: leaf,
          groups: map(struct({ size: leaf, inner: struct({ note: leaf }) })),
        }),
      },
      ['apiVersion', 'kind', 'metadata'],
    ),
    some(
      {
        metadata: anyMeta,
        spec: some({
          size: fc.constantFrom(1, 2),
          tags: fc.uniqueArray(fc.constantFrom('p', 'q', 'r', 's'), { minLength: 1, maxLength: 4 }),
          words: fc.array(word, { maxLength: 2 }),
          rules: items('port', fc.constantFrom(1, 2), { protocol: fc.constantFrom('TCP', 'UDP'), note: word }),
          whole: dictionary,
          groups: fc.dictionary(name, some({ size: fc.constantFrom(1, 2), inner: some({ note: word }) }), {
            maxKeys: 2,
          }),
        }),
      },
      ['metadata'],
    ),
  ],
];

function customShape(schema: JsonSchema): Shape {
  const fields = shapeOfJsonSchema(schema);
  const metadata = shapeOfSchema(loadSchemas(), 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  if (fields.as !== 'fields') throw new Error('a custom object has fields');
  return {
    as: 'fields',
    field: (field) =>
      field === 'metadata' ? { shape: metadata, isNamed: true, isAlwaysThere: true } : fields.field(field),
  };
}

interface Step {
  readonly does: 'apply' | 'update' | 'default' | 'migrate';
  readonly by: string;
  readonly force: boolean;
  readonly object: object;
}
const steps = (objects: fc.Arbitrary<unknown>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      does: fc.constantFrom('apply', 'apply', 'apply', 'update', 'default', 'migrate'),
      by: fc.constantFrom('one', 'two', 'three'),
      force: fc.boolean(),
      object: objects.map((fields) => {
        const { metadata, ...rest } = fields as { metadata: object };
        return { apiVersion: 'v1', kind: 'Thing', metadata: { name: 'web', ...metadata }, ...rest };
      }),
    }),
    { minLength: 2, maxLength: 8 },
  ) as fc.Arbitrary<Step[]>;

/** What the server fills in for nobody: fields of the top and of spec that are not there. */
function withDefaults(live: ApiObject, from: ApiObject): ApiObject {
  const metadata = { ...from.metadata, ...live.metadata };
  const spec = { ...(from['spec'] as object), ...(live['spec'] as object | undefined) };
  return { ...live, metadata, ...(Object.keys(spec).length === 0 ? {} : { spec }) } as ApiObject;
}

/** As kubectl does when it goes over to server-side apply: what a manager had by updates it has by applying from now on. */
function migrated<T extends { readonly operation?: string }>(
  managers: readonly T[],
  isBy: (manager: T) => boolean,
  unite: (applier: T | undefined, updater: T) => T,
): readonly T[] {
  const updater = managers.find((each) => isBy(each) && each.operation === 'Update');
  if (updater === undefined) return managers;
  const applier = managers.find((each) => isBy(each) && each.operation === 'Apply');
  return [...managers.filter((each) => each !== updater && each !== applier), unite(applier, updater)];
}

/** Ours: the object with its entries, as the registry holds it. */
class Ours {
  live: StoredObject | undefined;

  constructor(private readonly shape: Shape) {}

  step({ does, by, force, object }: Step, time: string): readonly string[] | undefined {
    const given = structuredClone(object) as ApiObject;
    const writer = { name: by, apiVersion: 'v1', time };
    if (does === 'apply') {
      try {
        const { live, shape } = this;
        const done = applyConfiguration({ live, applied: given, writer, force, shape, hasStatus: false });
        this.keep(done.object, done.managedFields);
      } catch (error) {
        if (!(error instanceof StatusError) || error.code !== 409) throw error;
        return [error.message];
      }
    } else if (does === 'update') {
      const base = this.live?.metadata.managedFields ?? [];
      this.keep(
        given,
        trackUpdate({ before: this.live, after: given, base, writer, shape: this.shape, hasStatus: false }),
      );
    } else if (this.live !== undefined) {
      const { managedFields = [], ...metadata } = this.live.metadata;
      if (does === 'default') this.keep(withDefaults({ ...this.live, metadata } as ApiObject, given), managedFields);
      else
        this.keep(
          { ...this.live, metadata } as ApiObject,
          migrated(managedFields, ({ manager }) => manager === by, unitedEntries),
        );
    }
    return undefined;
  }

  private keep(object: ApiObject, managedFields: readonly Entry[]): void {
    this.live = { ...object, metadata: { ...object.metadata, managedFields } } as unknown as StoredObject;
  }

  get state(): unknown {
    if (this.live === undefined) return undefined;
    const { managedFields = [], ...metadata } = this.live.metadata;
    const managers = managedFields.map(({ manager, operation, time, fieldsV1 }) => ({
      name: manager,
      operation,
      time: time ?? '',
      fields: [...decodeFields(fieldsV1).paths()].map((path) => JSON.stringify(path)).sort(),
    }));
    return { object: { ...this.live, metadata }, managers: bySort(managers) };
  }
}

type Entry = NonNullable<StoredObject['metadata']['managedFields']>[number];
const unitedEntries = (applier: Entry | undefined, updater: Entry): Entry =>
  ({
    ...updater,
    operation: 'Apply',
    time: applier?.time ?? updater.time,
    fieldsV1: unitedFields(applier?.fieldsV1 ?? {}, updater.fieldsV1 ?? {}),
  }) as Entry;
const unitedFields = (a: object, b: object): object =>
  Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => {
      const [left, right] = [a[key as never] as object | undefined, b[key as never] as object | undefined];
      // A member that has something below it on one side alone says so by a dot.
      const isMember = [left, right].some((each) => each !== undefined && Object.keys(each).length === 0);
      const both = unitedFields(left ?? {}, right ?? {});
      return [key, isMember && Object.keys(both).length > 0 ? { '.': {}, ...both } : both];
    }),
  );

/** The model's. */
class Theirs {
  live: ModelState | undefined;

  constructor(private readonly type: Type) {}

  step({ does, by, force, object }: Step, time: string): readonly string[] | undefined {
    const given = { state: this.live, object, by, time, type: this.type };
    if (does === 'apply') {
      const done = modelApply({ ...given, force });
      if ('conflicts' in done) return [conflictText(done)];
      this.live = done;
    } else if (does === 'update') {
      this.live = modelUpdate(given);
    } else if (this.live !== undefined) {
      this.live =
        does === 'default'
          ? { ...this.live, object: withDefaults(this.live.object as ApiObject, object as ApiObject) }
          : {
              ...this.live,
              managers: migrated(
                this.live.managers,
                (each) => each.name === by,
                (applier, updater) => ({
                  ...updater,
                  operation: 'Apply',
                  time: applier?.time ?? updater.time,
                  fields: new Set([...(applier?.fields ?? []), ...updater.fields]),
                }),
              ),
            };
    }
    return undefined;
  }

  get state(): unknown {
    if (this.live === undefined) return undefined;
    const managers = this.live.managers.map((each) => ({ ...each, fields: [...each.fields].sort() }));
    return { object: this.live.object as Json, managers: bySort(managers) };
  }
}

const bySort = (managers: readonly { name?: string | undefined; operation?: string | undefined; time?: unknown }[]) =>
  [...managers].sort((a, b) => (`${a.name} ${a.operation}` < `${b.name} ${b.operation}` ? -1 : 1));

function conflictText({ conflicts }: ModelConflicts): string {
  const told = [...conflicts]
    .sort((a, b) => (`${a.name} ${a.operation}` < `${b.name} ${b.operation}` ? -1 : 1))
    .map(({ name, operation, fields }) => ({
      who: operation === 'Apply' ? `"${name}"` : `"${name}" using v1`,
      paths: [...fields]
        .map((path) => JSON.parse(path) as string[])
        .sort(levelByLevel)
        .map(pathText),
    }));
  const count = told.reduce((sum, { paths }) => sum + paths.length, 0);
  const [only] = told;
  if (count === 1 && only !== undefined)
    return `Apply failed with 1 conflict: conflict with ${only.who}: ${only.paths.join()}`;
  const lines = told.flatMap(({ who, paths }) => [`conflicts with ${who}:`, ...paths.map((path) => `- ${path}`)]);
  return `Apply failed with ${count} conflicts: ${lines.join('\n')}`;
}

/** All members of one level, then each one's own. */
function levelByLevel(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; ; at += 1) {
    const [left, right] = [a[at] ?? '', b[at] ?? ''];
    if (left === right && at < a.length && at < b.length) continue;
    const [endsLeft, endsRight] = [a.length - 1 <= at, b.length - 1 <= at];
    if (endsLeft !== endsRight) return endsLeft ? -1 : 1;
    return left < right ? -1 : 1;
  }
}

describe('any sequence of applies, updates, defaults and migrations', () => {
  it.each(kinds)(
    'leaves of %s what the rules of structured-merge-diff say, and who owns it',
    (_kind, shape, type, objects) => {
      let conflicts = 0;
      fc.assert(
        fc.property(steps(objects), (sequence) => {
          const [ours, theirs] = [new Ours(shape), new Theirs(type)];
          sequence.forEach((step, index) => {
            const time = `2026-01-01T00:00:0${index}Z`;
            const [refused, told] = [ours.step(step, time), theirs.step(step, time)];
            expect(refused).toEqual(told);
            if (refused !== undefined) conflicts += 1;
            expect(ours.state).toEqual(theirs.state);
          });
        }),
        { seed: SEED, numRuns: RUNS },
      );
      expect(conflicts).toBeGreaterThan(RUNS / 10);
    },
  );
});
