import { eventually } from './eventually';
import type { PodPlace } from './pod-place';

export type Way = 'routes' | 'vxlan' | 'wireguard' | 'relay';

/** Devices of the ways, as agents call them; routes take the host's own. */
const DEVICES: Readonly<Record<Way, RegExp>> = {
  routes: / dev eth0 /,
  vxlan: / dev pnsv-/,
  wireguard: / dev pnsw-/,
  relay: / dev pnsr-/,
};

/** Resolves when the kernels of both pods' hosts send by that way, and an echo comes back. */
export async function untilReached(one: PodPlace, two: PodPlace, way: Way, timeoutMs = 90_000): Promise<void> {
  await eventually(
    `${one.name} and ${two.name} reach each other by ${way}`,
    async () => {
      const [there, back] = await Promise.all([
        one.host.ok('ip', '-o', 'route', 'get', two.ip),
        two.host.ok('ip', '-o', 'route', 'get', one.ip),
      ]);
      if (![there, back].every((route) => DEVICES[way].test(route))) throw new Error(`${there}${back}`);
      const echo = await one.run('busybox', 'ping', '-c', '1', '-W', '2', two.ip);
      if (echo.status !== 0) throw new Error(echo.stdout);
      return true;
    },
    timeoutMs,
  );
}
