import type { StoredObject } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { seededRandom } from '../../shared/random';
import { WebhookClient } from '../admission/webhooks/webhook-client';
import type { TestWebhooks } from '../admission/webhooks/testing/test-webhooks';
import { startWebhooks } from '../admission/webhooks/testing/test-webhooks';
import { SYSTEM_USER } from '../auth/user';
import type { TestControllers } from '../controllers/testing/test-controllers';
import { startControllers } from '../controllers/testing/test-controllers';
import type { Kind } from '../kinds/kind';
import { createDecoder } from '../openapi/decode';
import { loadSchemas } from '../openapi/schemas';
import { serveDefinitions } from './serve-definitions';

interface Host extends StoredObject {
  readonly hostPort?: string;
  readonly host?: string;
  readonly port?: string;
}
interface Review {
  readonly request: { readonly uid: string; readonly desiredAPIVersion: string; readonly objects: readonly Host[] };
}

const GROUP = 'stable.example.com';
const options = { user: SYSTEM_USER } as const;
const schemas = loadSchemas();

/** v1 has `hostPort`, v2 has `host` and `port`. */
function convert(apiVersion: string, { hostPort, host, port, ...rest }: Host): object {
  if (apiVersion.endsWith('/v1')) return { ...rest, apiVersion, hostPort: hostPort ?? `${host}:${port}` };
  const [name = host, number = port] = hostPort?.split(':') ?? [];
  return { ...rest, apiVersion, host: name, port: number };
}
const well = ({ uid, desiredAPIVersion, objects }: Review['request']): object => ({
  uid,
  convertedObjects: objects.map((object) => convert(desiredAPIVersion, object)),
  result: { status: 'Success' },
});

let answer: (request: Review['request']) => object | undefined;
let asked: Review['request'][];
let webhooks: TestWebhooks;
let cluster: TestControllers;
beforeAll(async () => {
  webhooks = await startWebhooks((_path, review) => {
    const { request } = review as Review;
    asked.push(request);
    const response = answer(request);
    return response && { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response };
  });
});
afterAll(() => webhooks.stop());

const version = (name: string, storage: boolean, fields: readonly string[]): object => ({
  name,
  served: true,
  storage,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: Object.fromEntries(fields.map((field) => [field, { type: 'string' }])),
    },
  },
});
beforeEach(async () => {
  asked = [];
  answer = well;
  cluster = await startControllers();
  const { client, registry } = cluster;
  const dialer = { service: () => Promise.reject(new Error('no services here')) };
  serveDefinitions(client, registry.kinds, {
    schemas,
    decoder: createDecoder(schemas),
    webhooks: { client: new WebhookClient({ dialer, clock: systemClock }), random: seededRandom(1) },
  });
  const clientConfig = { url: `${webhooks.origin}/convert`, caBundle: webhooks.caBundle };
  await client.create('CustomResourceDefinition', {
    metadata: { name: `hosts.${GROUP}` },
    spec: {
      group: GROUP,
      scope: 'Namespaced',
      names: { plural: 'hosts', kind: 'Host' },
      versions: [version('v1', true, ['hostPort']), version('v2', false, ['host', 'port'])],
      conversion: { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions: ['v1'] } },
    },
  });
  await cluster.idle();
});
afterEach(() => cluster.stop());

function kindOf(name: 'v1' | 'v2'): Kind {
  const found = cluster.registry.kinds.byResource(GROUP, name, 'hosts');
  if (found === undefined) throw new Error(`${name} is not served`);
  return found;
}
const key = (name: string) => ({ namespace: 'default', name });
const create = (name: string, fields: object, as: 'v1' | 'v2' = 'v1') =>
  cluster.registry.create(kindOf(as), 'default', { metadata: { name }, ...fields }, options);
const get = async (name: string, as: 'v1' | 'v2'): Promise<Host> =>
  (await cluster.registry.get(kindOf(as), key(name))).object as Host;

it('reads and writes in every version, and stores one', async () => {
  await create('a', { hostPort: 'example.com:80' });
  expect(asked).toEqual([]);
  expect(await get('a', 'v2')).toMatchObject({ apiVersion: `${GROUP}/v2`, host: 'example.com', port: '80' });
  const created = await create('b', { host: 'b.example.com', port: '81' }, 'v2');
  expect(created.object).toMatchObject({ apiVersion: `${GROUP}/v2`, host: 'b.example.com', port: '81' });
  expect(await get('b', 'v1')).toMatchObject({ apiVersion: `${GROUP}/v1`, hostPort: 'b.example.com:81' });
  const { registry } = cluster;
  await registry.patch(kindOf('v2'), key('a'), { type: 'merge', body: { port: '90' } }, options);
  expect(await get('a', 'v1')).toMatchObject({ hostPort: 'example.com:90' });
  await registry.delete(kindOf('v2'), key('a'), options);
  await expect(get('a', 'v1')).rejects.toThrow('not found');
});

it('asks once for all of a list, and never again for what it knows', async () => {
  for (const name of ['a', 'b', 'c']) await create(name, { hostPort: `${name}:1` });
  const list = async () => (await cluster.registry.list(kindOf('v2'), { namespace: 'default' })).items;
  expect((await list()).map(({ object }) => (object as Host).host)).toEqual(['a', 'b', 'c']);
  await list();
  await get('a', 'v2');
  expect(asked.map(({ objects }) => objects.length)).toEqual([3]);
});

it('tells a watch in its version', async () => {
  const { registry } = cluster;
  const resourceVersion = String(registry.cache.revision);
  await create('a', { hostPort: 'a:1' });
  const watch = registry.watch(kindOf('v2'), { namespace: 'default', resourceVersion, allowBookmarks: false });
  for await (const [signal] of watch) {
    expect(signal).toMatchObject({ type: 'ADDED', encoded: { object: { host: 'a', port: '1' } } });
    watch.close();
  }
});

it.each<[string, typeof answer, string]>([
  ['is out of order', () => undefined, 'unexpected status 500'],
  [
    'says no',
    ({ uid }) => ({ uid, convertedObjects: [], result: { status: 'Failed', message: 'not today' } }),
    'not today',
  ],
  ['answers somebody else', (request) => ({ ...well(request), uid: 'other' }), 'expected response.uid'],
  ['forgets one', (request) => ({ ...well(request), convertedObjects: [] }), 'expected 1 converted objects, got 0'],
  [
    'gives another version',
    (request) => ({ ...well(request), convertedObjects: request.objects }),
    `expected apiVersion ${GROUP}/v2`,
  ],
  [
    'gives another object',
    (request) => ({
      ...well(request),
      convertedObjects: request.objects.map((object) => ({
        ...convert(request.desiredAPIVersion, object),
        metadata: { ...object.metadata, name: 'b' },
      })),
    }),
    'metadata.name must not change',
  ],
])('says why there is no answer where the webhook %s', async (_what, response, why) => {
  await create('a', { hostPort: 'a:1' });
  answer = response;
  const refused = expect(get('a', 'v2')).rejects;
  await refused.toThrow(`conversion webhook for ${GROUP}/v1, Kind=Host failed: `);
  answer = response;
  await expect(get('a', 'v2')).rejects.toThrow(why);
  answer = well;
  expect(await get('a', 'v2')).toMatchObject({ host: 'a' });
});

it('keeps its own metadata, but for labels and annotations', async () => {
  await create('a', { hostPort: 'a:1' });
  answer = (request) => ({
    ...well(request),
    convertedObjects: request.objects.map((object) => {
      const metadata = { ...object.metadata, resourceVersion: '0', labels: { made: 'here' }, finalizers: ['x'] };
      return { ...convert(request.desiredAPIVersion, object), metadata };
    }),
  });
  const { metadata } = await get('a', 'v2');
  expect(metadata).toMatchObject({ labels: { made: 'here' } });
  expect(metadata.finalizers).toBeUndefined();
  expect(metadata.resourceVersion).toBe((await get('a', 'v1')).metadata.resourceVersion);
});
