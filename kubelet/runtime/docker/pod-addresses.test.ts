import { PodAddresses } from './pod-addresses';

const TEN = 10 * 2 ** 24;
/** 10.0.0.1 to 10.0.0.5, of which the first is the gateway. */
const addresses = (): PodAddresses =>
  new PodAddresses({ name: 'n', first: TEN + 1, count: 5, kept: new Set([TEN + 1]) });
const take = (from: PodAddresses, times: number): readonly (string | undefined)[] =>
  Array.from({ length: times }, () => from.take());

it('goes through all of them before one comes again', () => {
  const all = addresses();
  expect(take(all, 2)).toEqual(['10.0.0.2', '10.0.0.3']);
  all.hold('10.0.0.2', 'a');
  all.forget('a');
  expect(take(all, 4)).toEqual(['10.0.0.4', '10.0.0.5', '10.0.0.2', undefined]);
});

it('goes on after the newest that the engine knows of', () => {
  const all = addresses();
  all.learn([
    { id: 'old', address: '10.0.0.4' },
    { id: 'new', address: '10.0.0.3' },
  ]);
  expect(take(all, 3)).toEqual(['10.0.0.5', '10.0.0.2', undefined]);
});

it('keeps what is being made when it learns who has which, and makes room where somebody has gone', () => {
  const all = addresses();
  const [first = ''] = take(all, 1);
  take(all, 3);
  all.hold('10.0.0.5', 'gone');
  all.learn([{ id: 'b', address: '10.0.0.3' }]);
  expect(all.take()).toBe('10.0.0.5');
  expect(all.take()).toBeUndefined();
  all.giveBack(first);
  expect(all.take()).toBe(first);
});

it('knows addresses that are outside of its own', () => {
  const all = addresses();
  all.learn([{ id: 'x', address: '10.0.0.9' }]);
  expect(all.take()).toBe('10.0.0.5');
});
