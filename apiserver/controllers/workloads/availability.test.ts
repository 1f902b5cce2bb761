import type { Pod } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { ProcessClock } from '../../simulation/world/process-clock';
import { Availability } from './availability';

const world = () => {
  const wall = { offsetMs: 0 };
  const time = new FakeClock(Date.UTC(2026, 0, 1));
  const clock = new ProcessClock(time, wall);
  return { wall, time, clock, availability: new Availability(clock, () => true) };
};

const aPod = (ready: 'True' | 'False', sinceMs: number): Pod =>
  ({
    metadata: { uid: '1', name: 'web' },
    status: { conditions: [{ type: 'Ready', status: ready, lastTransitionTime: toTimestamp(sinceMs) }] },
  }) as unknown as Pod;

it.each([
  ['by a node whose clock is right', 0, 10_000],
  ['by a node whose clock is ahead', 22_000, 10_000],
  ['a while ago, as is heard only now', -4_000, 6_000],
])('counts from when a pod became ready, told %s', async (_how, aheadMs, waitMs) => {
  const { time, clock, availability } = world();
  const pod = aPod('True', clock.now() + aheadMs);
  availability.see({ type: 'MODIFIED', object: pod, previous: aPod('False', 0) });
  expect(availability.waitMs(pod, 10)).toBe(waitMs);
  await time.advance(waitMs);
  expect(availability.waitMs(pod, 10)).toBe(0);
});

it.each([-22_000, 22_000])('counts time as it passes, though the clock jumps by %d ms', async (jumpMs) => {
  const { wall, time, clock, availability } = world();
  const pod = aPod('True', clock.now());
  availability.see({ type: 'MODIFIED', object: pod, previous: aPod('False', 0) });
  await time.advance(5_000);
  wall.offsetMs = jumpMs;
  availability.see({ type: 'MODIFIED', object: pod, previous: pod });
  expect(availability.waitMs(pod, 10)).toBe(5_000);
});

it('takes a pod to be available that was ready before it looked, at a moment that is still to come', () => {
  const { clock, availability } = world();
  const pod = aPod('True', clock.now() + 22_000);
  availability.see({ type: 'ADDED', object: pod });
  expect(availability.waitMs(pod, 10)).toBe(0);
});

it('counts anew when a pod becomes ready again, and not while it is not', async () => {
  const { time, clock, availability } = world();
  const [first, unready] = [aPod('True', clock.now()), aPod('False', clock.now())];
  availability.see({ type: 'MODIFIED', object: first, previous: unready });
  await time.advance(10_000);
  availability.see({ type: 'MODIFIED', object: unready, previous: first });
  expect(availability.waitMs(unready, 10)).toBeUndefined();
  const again = aPod('True', clock.now());
  availability.see({ type: 'MODIFIED', object: again, previous: unready });
  expect(availability.waitMs(again, 10)).toBe(10_000);
});
