import { createKindList } from '../kinds/kinds';
import type { WatchQuery } from './registry';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

const kind = createKindList().require('ConfigMap');
let parts: TestRegistry;
beforeEach(async () => (parts = await startRegistry()));
afterEach(() => parts.registry.close());

/** Collects what a watch says until it is closed. */
function follow(query: WatchQuery): { readonly seen: string[]; close(): Promise<void> } {
  const watch = parts.registry.watch(kind, query);
  const seen: string[] = [];
  const ended = (async () => {
    for await (const signals of watch) for (const { type } of signals) seen.push(type);
  })();
  return {
    seen,
    close: () => {
      watch.close();
      return ended;
    },
  };
}

it('tells a narrow watch each minute how far it is, also while others are written all the time', async () => {
  const { seen, close } = follow({
    namespace: 'default',
    labelSelector: 'app=none',
    allowBookmarks: true,
    resourceVersion: parts.registry.cache.revision.toString(),
  });
  for (let second = 0; second < 130; second += 10) {
    await parts.client.create('ConfigMap', { metadata: { namespace: 'default', name: `m${second}` } });
    await parts.clock.advance(10_000);
  }
  await parts.clock.advance(0);
  expect(seen).toEqual(['BOOKMARK', 'BOOKMARK']);
  await close();
});

it('sends initial events also to who takes no bookmarks, without saying where they end', async () => {
  await parts.client.create('ConfigMap', { metadata: { namespace: 'default', name: 'a' } });
  const { seen, close } = follow({ namespace: 'default', allowBookmarks: false, sendInitialEvents: true });
  await parts.clock.advance(0);
  expect(seen).toEqual(['ADDED']);
  await close();
});
