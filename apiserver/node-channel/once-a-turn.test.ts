import { OnceATurn } from './once-a-turn';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('acts once for all that is asked in a turn, and again for what is asked later', async () => {
  let times = 0;
  const gathered = new OnceATurn(() => times++);
  gathered.ask();
  gathered.ask();
  expect([times, gathered.isWaiting]).toEqual([0, true]);
  await turn();
  expect([times, gathered.isWaiting]).toEqual([1, false]);
  gathered.ask();
  await turn();
  expect(times).toBe(2);
});

it('acts once more for what is asked while it acts', async () => {
  let times = 0;
  const gathered: OnceATurn = new OnceATurn(() => {
    times++;
    if (times === 1) gathered.ask();
  });
  gathered.ask();
  await turn();
  expect([times, gathered.isWaiting]).toEqual([1, true]);
  await turn();
  expect(times).toBe(2);
});
