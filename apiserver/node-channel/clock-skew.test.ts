import { ClockSkewGauge } from './clock-skew';

const after = (gauge: ClockSkewGauge, ...skewsMs: readonly number[]) => {
  for (const each of skewsMs) gauge.observe(each);
  return gauge.condition(true);
};
const five = (skewMs: number): readonly number[] => Array<number>(5).fill(skewMs);

it.each([
  [37_400, "the clock is 37 s ahead of the server's"],
  [-8_000, "the clock is 8 s behind the server's"],
])('tells of a clock that is off by %i ms for several beats, how far, and what to do', (skewMs, text) => {
  const condition = after(new ClockSkewGauge(), ...five(skewMs));
  expect(condition).toMatchObject({ type: 'ClockSkew', status: 'True', reason: 'ClockDiffers' });
  expect(condition?.message).toContain(text);
  expect(condition?.message).toContain('NTP');
});

it('says nothing before several beats came', () => {
  expect(after(new ClockSkewGauge(), 60_000, 60_000, 60_000, 60_000)).toBeUndefined();
});

it('does not take beats that were long on their way for a wrong clock', () => {
  expect(after(new ClockSkewGauge(), -30_000, -20_000, -9_000, -40, -12_000)?.status).toBe('False');
});

it('stays with what it said until the clock is clearly right, and tells no small change', () => {
  const gauge = new ClockSkewGauge();
  const first = after(gauge, ...five(6_000));
  expect(after(gauge, ...five(6_500))).toEqual(first);
  expect(after(gauge, ...five(3_000))?.status).toBe('True');
  expect(after(gauge, ...five(2_000))).toMatchObject({ status: 'False', reason: 'ClockAgrees' });
});

it('says that a clock is right only of a node that was told to be wrong', () => {
  const gauge = new ClockSkewGauge();
  after(gauge, ...five(10));
  expect(gauge.condition(false)).toBeUndefined();
});
