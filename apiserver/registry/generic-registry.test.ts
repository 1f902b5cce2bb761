import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { FakeClock } from '../../shared/testing/fake-clock';
import { SYSTEM_USER } from '../auth/user';
import { createKindList } from '../kinds/kinds';
import { createMemoryStore } from '../store/memory/memory-store';
import { ensureBootstrapObjects } from './bootstrap-objects';
import type { Client } from './client';
import { createClient } from './create-client';
import { createRegistry } from './create-registry';
import type { GenericRegistry } from './generic-registry';
import type { WatchSignal } from './registry';

const options = { user: SYSTEM_USER } as const;
const kinds = createKindList();
const pods = kinds.require('Pod');
const configMaps = kinds.require('ConfigMap');

const aPod = (name: string, spec: object = {}): ApiObject => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'app', image: 'busybox:1' }], ...spec },
});
const aConfigMap = (name: string, data: object = { a: '1' }): ApiObject => ({
  metadata: { name, namespace: 'default' },
  data,
});

let registry: GenericRegistry;
let client: Client;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  const store = createMemoryStore({ clock });
  registry = await createRegistry({ store, kinds, clock, random: seededRandom(1), logger: silentLogger });
  client = createClient(registry);
  await ensureBootstrapObjects(client);
});
afterEach(() => registry.close());

const key = (name: string) => ({ namespace: 'default', name });

describe('create', () => {
  it('fills identity, defaults and status, and is seen by the next read', async () => {
    const { object } = await registry.create(pods, 'default', aPod('web'), options);
    expect(object).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', generation: 1 },
      spec: {
        restartPolicy: 'Always',
        securityContext: {},
        serviceAccountName: 'default',
        priority: 0,
        preemptionPolicy: 'PreemptLowerPriority',
        tolerations: [
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
          { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
        ],
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
    expect((await registry.get(pods, key('web'))).object).toEqual(object);
    expect(JSON.parse((await registry.get(pods, key('web'))).json.toString())).toEqual(object);
  });
});
