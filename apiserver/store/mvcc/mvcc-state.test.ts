import { FakeClock } from '../../../shared/testing/fake-clock';
import type { WatchBatch, Watcher } from '../store';
import { SlowWatcherError } from '../store';
import { MvccState } from './mvcc-state';

/** More transactions than a watcher may leave unread. */
const MANY = 20_001;

const aState = (): MvccState => new MvccState(new FakeClock());

function publish(state: MvccState, count: number): void {
  for (let written = 0; written < count; written++) {
    const revision = state.revision + 1;
    const kv = { key: 'a', value: Buffer.from('x'), createRevision: 1, modRevision: revision, version: revision };
    state.publish({ revision, events: [{ type: 'put', key: 'a', kv, revision }] });
  }
}

async function readUntil(watcher: Watcher, revision: number): Promise<number> {
  let count = 0;
  for await (const batch of watcher) {
    count++;
    if (batch.revision === revision) break;
  }
  return count;
}

it('cuts off a watcher that does not read, and tells it', async () => {
  const state = aState();
  const slow = state.watch({ prefix: '', afterRevision: 0 });
  publish(state, MANY);
  await expect(readUntil(slow, MANY)).rejects.toThrow(SlowWatcherError);
});

it('lets the others go on', async () => {
  const state = aState();
  state.watch({ prefix: '', afterRevision: 0 });
  publish(state, MANY - 1);
  const quick = state.watch({ prefix: '', afterRevision: state.revision });
  publish(state, 1);
  expect(await readUntil(quick, state.revision)).toBe(1);
});

it('does not take a long way to catch up for slowness', async () => {
  const state = aState();
  publish(state, 2 * MANY);
  const late = state.watch({ prefix: '', afterRevision: 0 });
  expect(await readUntil(late, state.revision)).toBe(2 * MANY);
});

it('ends the iteration of a watcher that is closed while it waits', async () => {
  const state = aState();
  const watcher = state.watch({ prefix: '', afterRevision: 0 });
  const batches: WatchBatch[] = [];
  const reading = (async () => {
    for await (const batch of watcher) batches.push(batch);
  })();
  watcher.close();
  await reading;
  expect(batches).toEqual([]);
});
