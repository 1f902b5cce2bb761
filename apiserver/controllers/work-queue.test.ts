import { FakeClock, settle } from '../../shared/testing/fake-clock';
import { WorkQueue } from './work-queue';

/** A queue whose work waits until the test lets it go on. */
function aQueue(concurrency = 4) {
  const clock = new FakeClock();
  const started: string[] = [];
  const errors: string[] = [];
  const finish = new Map<string, (outcome: number | undefined | Error) => void>();
  const queue = new WorkQueue(
    clock,
    (key) => {
      started.push(key);
      return new Promise((resolve, reject) => {
        finish.set(key, (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)));
      });
    },
    (key) => errors.push(key),
    concurrency,
  );
  const end = async (key: string, outcome?: number | Error): Promise<void> => {
    finish.get(key)?.(outcome);
    await settle();
  };
  return { clock, queue, started, errors, end };
}

it('works on a key once however often it was added while waiting', async () => {
  const { queue, started, end } = aQueue(1);
  queue.add('busy');
  queue.add('a');
  queue.add('a');
  await end('busy');
  await end('a');
  expect(started).toEqual(['busy', 'a']);
});

it('never works on one key twice at a time, and once more when it was added meanwhile', async () => {
  const { queue, started, end } = aQueue();
  queue.add('a');
  queue.add('a');
  expect(started).toEqual(['a']);
  await end('a');
  expect(started).toEqual(['a', 'a']);
});

it('works on different keys side by side, up to its concurrency', () => {
  const { queue, started } = aQueue(2);
  for (const key of ['a', 'b', 'c']) queue.add(key);
  expect(started).toEqual(['a', 'b']);
});

it('comes back to a failed key with doubling delays, which a success resets', async () => {
  const { clock, queue, started, errors, end } = aQueue();
  queue.add('a');
  await end('a', new Error('first'));
  await clock.advance(4);
  expect(started).toHaveLength(1);
  await clock.advance(1);
  expect(started).toHaveLength(2);
  await end('a', new Error('second'));
  await clock.advance(9);
  expect(started).toHaveLength(2);
  await clock.advance(1);
  expect(started).toHaveLength(3);
  expect(errors).toEqual(['a', 'a']);
  await end('a');
  queue.add('a');
  await end('a', new Error('after a success'));
  await clock.advance(5);
  expect(started).toHaveLength(5);
});

it('comes back when the work asks to, and sooner when the key is added again', async () => {
  const { clock, queue, started, end } = aQueue();
  queue.add('a');
  await end('a', 1_000);
  await clock.advance(999);
  expect(started).toHaveLength(1);
  queue.add('a');
  expect(started).toHaveLength(2);
  await end('a');
  await clock.advance(10_000);
  expect(started).toHaveLength(2);
});

it('stops only after work in flight has ended, and leaves no timer behind', async () => {
  const { clock, queue, end } = aQueue();
  queue.add('a');
  queue.addAfter('b', 1_000);
  let stopped = false;
  const stopping = queue.stop().then(() => (stopped = true));
  await settle();
  expect(stopped).toBe(false);
  await end('a', 500);
  await stopping;
  expect(clock.pending).toBe(0);
});
