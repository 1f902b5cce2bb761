import { silentLogger } from '../../../shared/logger';
import { seededRandom } from '../../../shared/random';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { createKindList } from '../../kinds/kinds';
import { createMemoryStore } from '../../store/memory/memory-store';
import type { Store } from '../../store/store';
import { ensureBootstrapObjects } from '../bootstrap-objects';
import type { Client } from '../client';
import { createClient } from '../create-client';
import type { RegistryOptions } from '../create-registry';
import { createRegistry } from '../create-registry';
import type { GenericRegistry } from '../generic-registry';

export interface TestRegistry {
  readonly registry: GenericRegistry;
  readonly client: Client;
  readonly clock: FakeClock;
  readonly store: Store;
}

/** The real registry on a store in memory and virtual time, with the objects that every cluster has. */
export async function startRegistry(
  options: Partial<Omit<RegistryOptions, 'store' | 'clock'>> = {},
): Promise<TestRegistry> {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  const registry = await createRegistry({
    store,
    clock,
    kinds: createKindList(),
    random: seededRandom(1),
    logger: silentLogger,
    ...options,
  });
  const client = createClient(registry);
  await ensureBootstrapObjects(client);
  return { registry, client, clock, store };
}
