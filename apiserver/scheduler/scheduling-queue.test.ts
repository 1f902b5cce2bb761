import { aPod } from '../../shared/testing/builders';
import { SchedulingQueue } from './scheduling-queue';

const names = (queue: SchedulingQueue): string[] => queue.takeBatch().map((pod) => pod.metadata.name);

it('hands out a parked pod only after what may cure it', () => {
  const queue = new SchedulingQueue();
  queue.park(aPod({ name: 'full' }), new Set(['pod-gone']));
  queue.park(aPod({ name: 'selector' }), new Set(['node']));
  expect(names(queue)).toEqual([]);
  queue.cured('pod-gone');
  expect(names(queue)).toEqual(['full']);
  queue.cured('node');
  expect(names(queue)).toEqual(['selector']);
});

it('keeps a parked pod parked when only its status changes, but tries it when its spec does', () => {
  const queue = new SchedulingQueue();
  queue.park(aPod(), new Set(['node']));
  queue.refresh(aPod());
  expect(names(queue)).toEqual([]);
  queue.add(aPod());
  expect(names(queue)).toEqual(['web']);
});

it('waits for a node when there was none to refuse', () => {
  const queue = new SchedulingQueue();
  queue.park(aPod(), new Set());
  queue.cured('node');
  expect(names(queue)).toEqual(['web']);
});

it('forgets a pod that is gone', () => {
  const queue = new SchedulingQueue();
  queue.add(aPod({ name: 'a' }));
  queue.park(aPod({ name: 'b' }), new Set(['node']));
  queue.remove('uid-a');
  queue.remove('uid-b');
  queue.cured('node');
  expect(names(queue)).toEqual([]);
});
