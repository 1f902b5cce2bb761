/** Messages and bytes that wait in a socket's own queue, behind which frames of pods are dropped. */
const MAX_WAITING_MESSAGES = 4;
const MAX_WAITING_BYTES = 256 * 1024;

/**
 * Whether frames of pods may be put on the connection (of engine.io, either side). They must not make heartbeats and assignments,
 * which go over the same one, wait; so where anything waits already, frames are dropped, as any network does.
 */
export function hasRoomForFrames(connection: object): boolean {
  const waiting: unknown = Reflect.get(connection, 'writeBuffer');
  if (Array.isArray(waiting) && waiting.length >= MAX_WAITING_MESSAGES) return false;
  const transport = objectIn(connection, 'transport');
  // The server's side calls its WebSocket so, the client's otherwise.
  const socket = objectIn(transport, 'socket') ?? objectIn(transport, 'ws');
  const buffered: unknown = socket === undefined ? 0 : Reflect.get(socket, 'bufferedAmount');
  return typeof buffered !== 'number' || buffered < MAX_WAITING_BYTES;
}

function objectIn(holder: object | undefined, name: string): object | undefined {
  const value: unknown = holder === undefined ? undefined : Reflect.get(holder, name);
  return typeof value === 'object' && value !== null ? value : undefined;
}
