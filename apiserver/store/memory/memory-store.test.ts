import { describeStoreContract } from '../contract/store-contract';
import { createMemoryStore } from './memory-store';

describeStoreContract('the memory driver', async (clock) => {
  const store = createMemoryStore({ clock });
  return Promise.resolve({ store, dispose: () => store.close() });
});
