import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { SYSTEM_USER } from '../auth/user';
import type { TestControllers } from '../controllers/testing/test-controllers';
import { startControllers } from '../controllers/testing/test-controllers';
import type { Kind } from '../kinds/kind';
import { createDecoder } from '../openapi/decode';
import { loadSchemas } from '../openapi/schemas';
import type { JsonSchema } from './json-schema';
import { serveDefinitions } from './serve-definitions';

const options = { user: SYSTEM_USER, fieldValidation: 'Strict' } as const;
const schemas = loadSchemas();
const key = { namespace: 'default', name: 'thing' };

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
  const { client, registry } = cluster;
  serveDefinitions(client, registry.kinds, { schemas, decoder: createDecoder(schemas) });
});
afterEach(() => cluster.stop());

const aDefinition = (properties: Readonly<Record<string, JsonSchema>>, group = 'example.com'): ApiObject => ({
  metadata: { name: `things.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', properties } },
      },
    ],
  },
});

async function define(properties: Readonly<Record<string, JsonSchema>>): Promise<Kind> {
  const name = 'things.example.com';
  const definition = aDefinition(properties);
  if (cluster.client.view('CustomResourceDefinition').get({ name }) === undefined) {
    await cluster.client.create('CustomResourceDefinition', definition);
  } else {
    await cluster.client.modify('CustomResourceDefinition', { name }, (current) => ({
      ...current,
      spec: { ...current.spec, versions: (definition['spec'] as typeof current.spec).versions },
    }));
  }
  await cluster.idle();
  const kind = cluster.registry.kinds.byResource('example.com', 'v1', 'things');
  if (kind === undefined) throw new Error('things are not served');
  return kind;
}

const aThing = (fields: object, metadata: object = {}): ApiObject => ({
  apiVersion: 'example.com/v1',
  kind: 'Thing',
  metadata: { name: 'thing', namespace: 'default', ...metadata },
  ...fields,
});
const loose: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const strict: JsonSchema = {
  type: 'object',
  properties: { size: { type: 'integer', maximum: 5 }, color: { type: 'string', enum: ['red'] } },
  'x-kubernetes-validations': [{ rule: '!has(self.size) || self.size != 7', message: 'seven is out' }],
};

it('leaves objects alone that were there before it became stricter, but lets nothing worse in', async () => {
  const created = await cluster.registry.create(
    await define({ spec: loose }),
    'default',
    aThing({ spec: { size: 9, color: 'blue' } }),
    options,
  );
  const kind = await define({ spec: strict });
  const update = (spec: object, old: StoredObject, metadata: object = {}) =>
    cluster.registry.update(kind, key, { ...old, metadata: { ...old.metadata, ...metadata }, spec }, options);

  const labelled = await update({ size: 9, color: 'blue' }, created.object, { labels: { a: 'b' } });
  const repaired = await update({ size: 9, color: 'red' }, labelled.object);
  await expect(update({ size: 8, color: 'red' }, repaired.object)).rejects.toMatchObject({
    code: 422,
    details: { causes: [{ field: 'spec.size' }] },
  });
});

it('asks of names what a definition asks of them', async () => {
  const metadata: JsonSchema = { type: 'object', properties: { name: { type: 'string', maxLength: 3 } } };
  const kind = await define({ metadata, spec: loose });
  await expect(cluster.registry.create(kind, 'default', aThing({}), options)).rejects.toMatchObject({
    code: 422,
    details: { causes: [{ field: 'metadata.name', message: 'Too long: may not be more than 3 bytes' }] },
  });
  await cluster.registry.create(kind, 'default', aThing({}, { name: 'abc' }), options);
});

it('takes nothing but the status through the door to the status', async () => {
  const kind = await define({ spec: loose, status: loose });
  const created = await cluster.registry.create(
    kind,
    'default',
    aThing({ spec: { size: 1 } }, { labels: { a: 'b' } }),
    options,
  );
  const { object } = await cluster.registry.update(
    kind,
    key,
    {
      ...created.object,
      metadata: { ...created.object.metadata, labels: { a: 'c' } },
      spec: { size: 2 },
      status: { seen: 1 },
    },
    { ...options, subresource: 'status' },
  );
  expect(object).toMatchObject({
    metadata: { labels: { a: 'b' }, generation: 1 },
    spec: { size: 1 },
    status: { seen: 1 },
  });
});

it('says of a definition in one of Kubernetes’ groups whether it was agreed to', async () => {
  const definition = aDefinition({ spec: loose }, 'x.k8s.io');
  await expect(cluster.client.create('CustomResourceDefinition', definition)).rejects.toThrow(
    'protected groups must have approval annotation',
  );
  const annotations = { 'api-approved.kubernetes.io': 'https://example.com/1' };
  await cluster.client.create('CustomResourceDefinition', {
    ...definition,
    metadata: { ...definition.metadata, annotations },
  });
  await cluster.idle();
  const { status } = cluster.client.view('CustomResourceDefinition').get({ name: 'things.x.k8s.io' }) ?? {};
  expect(status?.conditions).toContainEqual(
    expect.objectContaining({
      type: 'KubernetesAPIApprovalPolicyConformant',
      status: 'True',
      reason: 'ApprovedAnnotation',
    }),
  );
});
