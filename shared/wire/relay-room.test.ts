import { hasRoomForFrames } from './relay-room';

const connection = (waiting: number, bufferedAmount: number, name: 'socket' | 'ws') => ({
  writeBuffer: new Array<object>(waiting).fill({}),
  transport: { [name]: { bufferedAmount } },
});

it.each(['socket', 'ws'] as const)('takes frames only where little waits, on the side of %s', (name) => {
  expect(hasRoomForFrames(connection(0, 0, name))).toBe(true);
  expect(hasRoomForFrames(connection(3, 200_000, name))).toBe(true);
  expect(hasRoomForFrames(connection(4, 0, name))).toBe(false);
  expect(hasRoomForFrames(connection(0, 300_000, name))).toBe(false);
});
