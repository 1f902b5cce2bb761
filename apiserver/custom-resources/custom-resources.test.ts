import type { ApiObject } from '../../shared/api/objects';
import { SYSTEM_USER } from '../auth/user';
import type { TestControllers } from '../controllers/testing/test-controllers';
import { startControllers } from '../controllers/testing/test-controllers';
import type { Kind } from '../kinds/kind';
import { createDecoder } from '../openapi/decode';
import { loadSchemas } from '../openapi/schemas';
import type { JsonSchema } from './json-schema';
import { serveDefinitions } from './serve-definitions';

const options = { user: SYSTEM_USER, fieldValidation: 'Strict' } as const;
const GROUP = 'stable.example.com';
const schemas = loadSchemas();

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
  const { client, registry } = cluster;
  serveDefinitions(client, registry.kinds, { schemas, decoder: createDecoder(schemas) });
});
afterEach(() => cluster.stop());

const SPEC: JsonSchema = {
  type: 'object',
  required: ['schedule'],
  properties: {
    schedule: { type: 'string', pattern: '^\\S+$' },
    replicas: { type: 'integer', minimum: 1, maximum: 10, default: 1 },
    port: { 'x-kubernetes-int-or-string': true },
    mode: { type: 'string', enum: ['b', 'a'] },
    extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    labels: { type: 'object', additionalProperties: { type: 'string' } },
    hosts: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: { type: 'string' }, ip: { type: 'string', format: 'ipv4' } },
      },
    },
  },
};

interface Traits {
  readonly spec?: JsonSchema;
  readonly names?: object;
  readonly versions?: readonly object[];
  readonly version?: object;
}

const aDefinition = (plural: string, { spec = SPEC, names, versions, version }: Traits = {}): ApiObject => ({
  metadata: { name: `${plural}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Namespaced',
    names: names ?? { plural, kind: 'CronTab', shortNames: ['ct'] },
    versions: versions ?? [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
        ...version,
      },
    ],
  },
});

async function define(definition: ApiObject = aDefinition('crontabs')): Promise<void> {
  await cluster.client.create('CustomResourceDefinition', definition);
  await cluster.idle();
}

function kindOf(version = 'v1', plural = 'crontabs'): Kind {
  const kind = cluster.registry.kinds.byResource(GROUP, version, plural);
  if (kind === undefined) throw new Error(`${plural} of ${version} are not served`);
  return kind;
}

const aTab = (spec: object, version = 'v1'): ApiObject => ({
  apiVersion: `${GROUP}/${version}`,
  kind: 'CronTab',
  metadata: { name: 'tab', namespace: 'default' },
  spec,
});
const create = async (spec: object, kind = kindOf()) =>
  (await cluster.registry.create(kind, 'default', aTab(spec, kind.version), options)).object;
const key = { namespace: 'default', name: 'tab' };
const conditionsOf = (name = `crontabs.${GROUP}`) =>
  Object.fromEntries(
    (cluster.client.view('CustomResourceDefinition').get({ name })?.status?.conditions ?? []).map((each) => [
      each.type,
      `${each.status} ${each.reason ?? ''}`,
    ]),
  );

describe('a definition', () => {
  it('is established at once, and what it defines is served', async () => {
    await define();
    expect(conditionsOf()).toEqual({ NamesAccepted: 'True NoConflicts', Established: 'True InitialNamesAccepted' });
    expect(kindOf()).toMatchObject({ kind: 'CronTab', singular: 'crontab', shortNames: ['ct'], namespaced: true });
    expect(cluster.registry.kinds.names()).toContain(`CronTab.${GROUP}`);
  });

  it('waits while another holds its names, and gets them when that one goes', async () => {
    await define();
    await define(aDefinition('others', { names: { plural: 'others', singular: 'other', kind: 'CronTab' } }));
    expect(conditionsOf(`others.${GROUP}`)).toEqual({
      NamesAccepted: 'False KindConflict',
      Established: 'False NotAccepted',
    });
    await cluster.client.delete('CustomResourceDefinition', { name: `crontabs.${GROUP}` });
    await cluster.idle();
    expect(conditionsOf(`others.${GROUP}`)).toMatchObject({ Established: 'True InitialNamesAccepted' });
  });

  it('whose names were never accepted leaves the objects of who has them alone', async () => {
    await define();
    await create({ schedule: 'x' });
    await define(aDefinition('others', { names: { plural: 'others', singular: 'other', kind: 'CronTab' } }));
    await cluster.client.delete('CustomResourceDefinition', { name: `others.${GROUP}` });
    await cluster.idle();
    expect(cluster.client.view('CustomResourceDefinition').list()).toHaveLength(1);
    expect((await cluster.registry.list(kindOf(), {})).items).toHaveLength(1);
  });

  it('takes its objects with it, those with finalizers last', async () => {
    await define();
    const kind = kindOf();
    await create({ schedule: 'x' });
    const held = { ...aTab({ schedule: 'x' }), metadata: { ...key, name: 'held', finalizers: ['example.com/held'] } };
    await cluster.registry.create(kind, 'default', held, options);
    await cluster.client.delete('CustomResourceDefinition', { name: `crontabs.${GROUP}` });
    await cluster.idle();
    expect(conditionsOf()).toMatchObject({ Terminating: 'True InstanceDeletionInProgress' });
    expect((await cluster.registry.list(kind, {})).items.map(({ object }) => object.metadata.name)).toEqual(['held']);
    const release = { type: 'merge', body: { metadata: { finalizers: null } } } as const;
    await cluster.registry.patch(kind, { ...key, name: 'held' }, release, options);
    await cluster.idle();
    expect(cluster.client.view('CustomResourceDefinition').list()).toEqual([]);
    expect(cluster.registry.kinds.byResource(GROUP, 'v1', 'crontabs')).toBeUndefined();
  });

  it.each([
    ['a name that is not plural.group', { ...aDefinition('crontabs'), metadata: { name: 'x' } }, 'metadata.name'],
    ['no version', aDefinition('crontabs', { versions: [] }), 'must have at least one version'],
    [
      'no storage version',
      aDefinition('crontabs', { version: { storage: false } }),
      'must have exactly one version marked as storage version',
    ],
    [
      'a schema without types',
      aDefinition('crontabs', { spec: { properties: { a: { type: 'string' } } } }),
      'properties[spec].type: Required value: must not be empty for specified object fields',
    ],
    ['a list without items', aDefinition('crontabs', { spec: { type: 'array' } }), 'items: Required value'],
    [
      'types inside anyOf',
      aDefinition('crontabs', { spec: { type: 'object', anyOf: [{ type: 'object' }] } }),
      'anyOf[0].type: Forbidden: must be empty to be structural',
    ],
    [
      'map keys that items may lack',
      aDefinition('crontabs', {
        spec: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', properties: { name: { type: 'string' } } },
        },
      }),
      'it must have a default or be a required property',
    ],
    [
      'a broken pattern',
      aDefinition('crontabs', { spec: { type: 'string', pattern: '(' } }),
      'valid regular expression',
    ],
  ])('is refused for %s', async (_what, definition, message) => {
    await expect(define(definition)).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining(message) as string,
    });
  });
});

describe('a custom resource', () => {
  beforeEach(() => define());

  it('gets its defaults, keeps what it may, and counts its generations', async () => {
    const created = await create({ schedule: 'x', extra: { any: [1] }, labels: { a: 'b' }, port: 'http' });
    expect(created).toMatchObject({
      metadata: { generation: 1 },
      spec: { schedule: 'x', replicas: 1, extra: { any: [1] }, labels: { a: 'b' }, port: 'http' },
    });
    const patch = { type: 'merge', body: { spec: { replicas: 3 } } } as const;
    const { object } = await cluster.registry.patch(kindOf(), key, patch, options);
    expect(object).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 } });
  });

  it.each([
    [{ schedule: 'x', bad: 1, hosts: [{ name: 'a', worse: 2 }] }, 'unknown field "spec.bad"'],
    [{ schedule: 'x', hosts: [{ name: 'a', worse: 2 }] }, 'unknown field "spec.hosts[0].worse"'],
  ])('is refused strictly for what its schema does not know: %j', async (spec, message) => {
    await expect(create(spec)).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining(message) as string,
    });
  });

  it('loses what its schema does not know, with a warning, unless asked to be strict', async () => {
    const lenient = { user: SYSTEM_USER, fieldValidation: 'Warn' } as const;
    const written = await cluster.registry.create(kindOf(), 'default', aTab({ schedule: 'x', bad: 1 }), lenient);
    expect(written.object['spec']).toEqual({ schedule: 'x', replicas: 1 });
    expect(written.warnings).toEqual(['unknown field "spec.bad"']);
  });

  it.each([
    [{}, 'spec.schedule: Required value'],
    [
      { schedule: 1 },
      'spec.schedule: Invalid value: "integer": spec.schedule in body must be of type string: "integer"',
    ],
    [{ schedule: 'a b' }, `spec.schedule: Invalid value: "a b": spec.schedule in body should match '^\\S+$'`],
    [
      { schedule: 'x', replicas: 0 },
      'spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1',
    ],
    [{ schedule: 'x', replicas: 11 }, 'spec.replicas in body should be less than or equal to 10'],
    [{ schedule: 'x', replicas: 1.5 }, 'spec.replicas in body must be of type integer: "number"'],
    [{ schedule: 'x', port: true }, 'spec.port in body must be of type integer,string: "boolean"'],
    [{ schedule: 'x', mode: 'c' }, 'spec.mode: Unsupported value: "c": supported values: "b", "a"'],
    [{ schedule: 'x', labels: { a: 1 } }, 'spec.labels.a in body must be of type string: "integer"'],
    [{ schedule: 'x', hosts: [{ ip: '1.1.1.1' }] }, 'spec.hosts[0].name: Required value'],
    [{ schedule: 'x', hosts: [{ name: 'a', ip: 'x' }] }, 'spec.hosts[0].ip in body must be of type ipv4: "x"'],
    [{ schedule: 'x', hosts: [{ name: 'a' }, { name: 'a' }] }, 'spec.hosts[1]: Duplicate value: {"name":"a"}'],
  ])('is refused for %j', async (spec, message) => {
    await expect(create(spec)).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining(message) as string,
    });
  });

  it('is applied with ownership by the keys of its lists', async () => {
    const apply = (fieldManager: string, hosts: readonly object[]) =>
      cluster.registry.apply(kindOf(), key, aTab({ schedule: 'x', hosts }), { ...options, fieldManager, force: false });
    await apply('one', [{ name: 'a', ip: '1.1.1.1' }]);
    await apply('two', [{ name: 'b', ip: '2.2.2.2' }]);
    const { object } = await apply('one', [{ name: 'a', ip: '3.3.3.3' }]);
    expect(object['spec']).toMatchObject({
      hosts: [
        { name: 'a', ip: '3.3.3.3' },
        { name: 'b', ip: '2.2.2.2' },
      ],
    });
    await expect(apply('two', [{ name: 'a', ip: '4.4.4.4' }])).rejects.toMatchObject({
      code: 409,
      message: expect.stringContaining('.spec.hosts[name="a"].ip') as string,
    });
  });

  it('takes no strategic merge patch', async () => {
    await create({ schedule: 'x' });
    await expect(cluster.registry.patch(kindOf(), key, { type: 'strategic', body: {} }, options)).rejects.toMatchObject(
      { code: 415 },
    );
  });

  it('owns built-in objects, which go when it goes', async () => {
    const { metadata, apiVersion, kind } = await create({ schedule: 'x' });
    const ownerReferences = [{ apiVersion, kind, name: metadata.name, uid: metadata.uid }];
    await cluster.client.create('ConfigMap', { metadata: { name: 'owned', namespace: 'default', ownerReferences } });
    await cluster.registry.delete(kindOf(), key, { user: SYSTEM_USER });
    await cluster.idle();
    expect(cluster.client.view('ConfigMap').get({ namespace: 'default', name: 'owned' })).toBeUndefined();
  });

  it('goes with its namespace', async () => {
    await cluster.client.create('Namespace', { metadata: { name: 'team' } });
    await cluster.registry.create(kindOf(), 'team', { ...aTab({ schedule: 'x' }), metadata: { name: 'tab' } }, options);
    await cluster.client.delete('Namespace', { name: 'team' });
    await cluster.idle();
    expect(cluster.client.view('Namespace').get({ name: 'team' })).toBeUndefined();
    expect((await cluster.registry.list(kindOf(), {})).items).toEqual([]);
  });
});

describe('versions and subresources', () => {
  const open = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = [
    {
      name: 'v1',
      served: true,
      storage: true,
      schema: open,
      subresources: {
        status: {},
        scale: {
          specReplicasPath: '.spec.replicas',
          statusReplicasPath: '.status.replicas',
          labelSelectorPath: '.status.selector',
        },
      },
      additionalPrinterColumns: [
        { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
        { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      ],
    },
    { name: 'v1beta1', served: true, storage: false, schema: open },
    { name: 'v0', served: false, storage: false, schema: open },
  ];
  beforeEach(() => define(aDefinition('crontabs', { versions })));

  it('shows one object in every served version, and not in others', async () => {
    await create({ schedule: 'x' }, kindOf('v1beta1'));
    const [beta, stable] = await Promise.all([
      cluster.registry.get(kindOf('v1beta1'), key),
      cluster.registry.get(kindOf('v1'), key),
    ]);
    expect(beta.object.apiVersion).toBe(`${GROUP}/v1beta1`);
    expect(stable.object.apiVersion).toBe(`${GROUP}/v1`);
    expect(beta.object.metadata.uid).toBe(stable.object.metadata.uid);
    expect(JSON.parse(beta.json.toString())).toEqual(beta.object);
    const { items } = await cluster.registry.list(kindOf('v1beta1'), {});
    expect(items.map(({ object }) => object.apiVersion)).toEqual([`${GROUP}/v1beta1`]);
    expect(cluster.registry.kinds.byResource(GROUP, 'v0', 'crontabs')).toBeUndefined();
  });

  it('scales by the paths that it declares', async () => {
    await create({ replicas: 2 });
    await cluster.registry.patch(
      kindOf(),
      key,
      { type: 'merge', body: { status: { replicas: 1, selector: 'a=b' } } },
      { ...options, subresource: 'status' },
    );
    expect(await cluster.registry.scale(kindOf(), key)).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 1, selector: 'a=b' },
    });
    const change = { type: 'merge', body: { spec: { replicas: 5 } } } as const;
    await cluster.registry.changeScale(kindOf(), key, change, options);
    expect((await cluster.registry.get(kindOf(), key)).object['spec']).toEqual({ replicas: 5 });
  });

  it('prints its columns', async () => {
    await create({ replicas: 2 });
    const conditions = [{ type: 'Ready', status: 'True' }];
    const status = { type: 'merge', body: { status: { conditions } } } as const;
    const { object } = await cluster.registry.patch(kindOf(), key, status, { ...options, subresource: 'status' });
    expect(kindOf().columns.map((column) => [column.name, column.cell(object, 0)])).toEqual([
      ['Name', 'tab'],
      ['Replicas', 2],
      ['Ready', 'True'],
    ]);
  });
});
