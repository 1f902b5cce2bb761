import { graceSecondsOf } from './grace';

it.each([
  [undefined, 30],
  [0, 0],
  [5, 5],
  [-1, 1],
])('a pod that says %s has %s seconds to end', (seconds, expected) => {
  const grace = seconds === undefined ? {} : { terminationGracePeriodSeconds: seconds };
  expect(graceSecondsOf({ containers: [], ...grace })).toBe(expected);
});
