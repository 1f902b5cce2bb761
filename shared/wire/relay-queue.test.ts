import { FakeClock } from '../testing/fake-clock';
import type { RelayFrames } from './pod-network';
import { MAX_RELAY_BYTES } from './pod-network';
import { MAX_HELD_BYTES, RelayQueue } from './relay-queue';

let clock: FakeClock;
let room: number;
let sent: RelayFrames[];
let queue: RelayQueue;
beforeEach(() => {
  [clock, room, sent] = [new FakeClock(), 0, []];
  queue = new RelayQueue({
    clock,
    hasRoom: () => room > 0,
    send: (frames) => {
      room -= 1;
      sent.push(frames);
    },
  });
});

const offer = (nodeName: string, ...bytes: readonly number[]): void =>
  queue.offer({ nodeName, frames: Uint8Array.from(bytes) });
const sentSoFar = (): readonly string[] => sent.map(({ nodeName, frames }) => `${nodeName} ${[...frames].join('')}`);

it('sends at once where there is room', () => {
  room = 2;
  offer('a', 1);
  offer('b', 2);
  expect(sentSoFar()).toEqual(['a 1', 'b 2']);
});

it('holds what has no room, and sends it as one message for each node as soon as there is some', async () => {
  for (const each of [1, 2, 3]) offer('a', each);
  offer('b', 4);
  offer('a', 5);
  await clock.advance(100);
  expect(sent).toEqual([]);
  room = 2;
  await clock.advance(2);
  expect(sentSoFar()).toEqual(['a 1235', 'b 4']);
  offer('a', 6);
  room = 1;
  await clock.advance(2);
  expect(sentSoFar().at(-1)).toBe('a 6');
});

it('sends no message that is too large, and lets nodes take turns', async () => {
  const large = new Uint8Array(MAX_RELAY_BYTES / 2 + 1);
  for (let times = 0; times < 2; times++) queue.offer({ nodeName: 'a', frames: large });
  offer('b', 1);
  room = 3;
  await clock.advance(2);
  expect(sent.map(({ nodeName, frames }) => [nodeName, frames.length])).toEqual([
    ['a', large.length],
    ['b', 1],
    ['a', large.length],
  ]);
});

it('drops what is more than may wait, and takes more when that has left', async () => {
  const piece = new Uint8Array(MAX_HELD_BYTES / 8);
  for (let times = 0; times < 20; times++) queue.offer({ nodeName: 'a', frames: piece });
  room = 100;
  await clock.advance(2);
  expect(sent.reduce((sum, { frames }) => sum + frames.length, 0)).toBe(MAX_HELD_BYTES);
  offer('a', 1);
  expect(sentSoFar().at(-1)).toBe('a 1');
});

it('sends nothing more once the connection is gone', async () => {
  offer('a', 1);
  queue.clear();
  room = 1;
  await clock.advance(100);
  expect(sent).toEqual([]);
});
