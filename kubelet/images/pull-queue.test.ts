import { FakeClock, settle } from '../../shared/testing/fake-clock';
import { FakeRuntime } from '../runtime/fake/fake-runtime';
import type { ImageInfo } from '../runtime/runtime';
import { PullQueue } from './pull-queue';

const anImage = (name: string): ImageInfo => ({
  id: name,
  imageId: `docker://${name}`,
  sizeBytes: 1,
  tags: [name],
  digests: [],
  labels: {},
  user: '',
});

it('gives a freed turn to the next in line, though somebody asks at that very moment', async () => {
  const clock = new FakeClock();
  const runtime = new FakeRuntime({ clock });
  const finish = new Map<string, () => void>();
  const begun: string[] = [];
  runtime.pullImage = (image) => {
    begun.push(image);
    return new Promise((resolve) => finish.set(image, () => resolve(anImage(image))));
  };
  const queue = new PullQueue({ runtime, clock, atOnce: 1 });
  const { signal } = new AbortController();
  const pulls = [queue.pull({ image: 'first' }, signal), queue.pull({ image: 'second' }, signal)];
  await settle();
  expect(begun).toEqual(['first']);

  finish.get('first')?.();
  await Promise.resolve();
  pulls.push(queue.pull({ image: 'third' }, signal));
  await settle();
  expect(begun).toEqual(['first', 'second']);

  finish.get('second')?.();
  await settle();
  expect(begun).toEqual(['first', 'second', 'third']);
  finish.get('third')?.();
  await Promise.all(pulls);
});
