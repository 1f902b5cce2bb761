import type { Server } from 'node:https';
import type { Clock } from '../../shared/clock';

/** How long requests under way may still take. Watches would never end by themselves. */
const DRAIN_MS = 2_000;

/** Takes no new connections, lets short requests end, then closes what is left. */
export async function closeGracefully(server: Server, clock: Clock): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const cancel = clock.setTimeout(() => server.closeAllConnections(), DRAIN_MS);
  await closed;
  cancel();
}
