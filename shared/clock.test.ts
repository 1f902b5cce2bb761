import { systemClock } from './clock';

const MONTH_MS = 32 * 24 * 3_600_000;

afterEach(() => jest.useRealTimers());

describe('the machine’s own time', () => {
  it('waits longer than the engine’s timers can, as for a CronJob of next month', () => {
    jest.useFakeTimers();
    const task = jest.fn();
    systemClock.setTimeout(task, MONTH_MS);
    jest.advanceTimersByTime(MONTH_MS - 1);
    expect(task).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(task).toHaveBeenCalledTimes(1);
  });

  it('forgets a task that was cancelled in any part of a long wait', () => {
    jest.useFakeTimers();
    const task = jest.fn();
    const cancel = systemClock.setTimeout(task, MONTH_MS);
    jest.advanceTimersByTime(MONTH_MS - 1);
    cancel();
    cancel();
    jest.advanceTimersByTime(MONTH_MS);
    expect(task).not.toHaveBeenCalled();
  });
});
