import { FakeClock } from '../../shared/testing/fake-clock';
import { RelayRate } from './relay-rate';

/** How many bytes of messages of that size are passed on until one is not. */
function passed(rate: RelayRate, size: number): number {
  let bytes = 0;
  while (rate.take(size)) bytes += size;
  return bytes;
}

it('passes a burst on, and then so much a second', async () => {
  const clock = new FakeClock();
  const rate = new RelayRate(clock);
  const burst = passed(rate, 60_000);
  expect(burst).toBeGreaterThan(3_500_000);
  expect(burst).toBeLessThan(4_000_000);
  await clock.advance(100);
  const later = passed(rate, 60_000);
  expect(later).toBeGreaterThan(2_000_000);
  expect(later).toBeLessThan(2_600_000);
  // No more is saved up than one burst.
  await clock.advance(3_600_000);
  expect(passed(rate, 60_000)).toBe(burst);
});

it('counts messages too, for small ones cost the server as much time', () => {
  expect(passed(new RelayRate(new FakeClock()), 64)).toBeLessThan(100_000);
});
