import { createHash } from 'node:crypto';
import { readFile, readlink } from 'node:fs/promises';
import net from 'node:net';
import type { Cidr } from '../../../shared/cidr';
import { formatCidr, overlap, parseCidr } from '../../../shared/cidr';
import { runProgram } from '../run-program';
import { ROUTE_PROTOCOL } from '../../../shared/pod-network-traces';

/** Same for all who share this machine's network, and for nobody else. */
export async function hostIdOf(): Promise<string> {
  const [boot, space] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8'),
    readlink('/proc/self/ns/net'),
  ]);
  return createHash('sha256').update(`${boot.trim()}/${space}`).digest('hex').slice(0, 16);
}

const OURS = String(ROUTE_PROTOCOL);

interface ListedRoute {
  readonly dst?: string;
  readonly dev?: string;
  readonly gateway?: string;
  readonly type?: string;
  readonly protocol?: string;
}

const routesOf = async (...args: readonly string[]): Promise<readonly ListedRoute[]> =>
  JSON.parse(await runProgram('ip', ['-json', '-4', 'route', ...args])) as readonly ListedRoute[];

/** The machine's route that has addresses of the block already, as `10.0.0.0/8 dev eth0`; the node's own interfaces and routes to peers apart. */
export async function overlappingRoute(block: Cidr, own: ReadonlySet<string>): Promise<string | undefined> {
  return findOverlap(await routesOf('show', 'table', 'main'), block, own);
}

export function findOverlap(routes: readonly ListedRoute[], block: Cidr, own: ReadonlySet<string>): string | undefined {
  const found = routes.find(({ dst = '', dev = '', protocol }) => {
    const cidr = parseCidr(dst);
    // The default route leads everywhere.
    return cidr !== undefined && cidr.prefix > 0 && overlap(cidr, block) && !own.has(dev) && protocol !== OURS;
  });
  const cidr = parseCidr(found?.dst ?? '');
  return found === undefined || cidr === undefined ? undefined : `${formatCidr(cidr)} dev ${found.dev ?? '?'}`;
}

/** The device behind which an address is, without a router between; undefined where there is one, or no way. */
export async function linkDeviceTowards(address: string): Promise<string | undefined> {
  if (!net.isIPv4(address)) return undefined;
  try {
    const [route] = await routesOf('get', address);
    const isDirect = route?.gateway === undefined && route?.type === undefined && route?.dev !== 'lo';
    return isDirect ? route?.dev : undefined;
  } catch {
    // No route to it at all.
    return undefined;
  }
}

/** Largest packet of the way out of this machine. */
export async function hostMtu(address: string): Promise<number> {
  const links = JSON.parse(await runProgram('ip', ['-json', '-4', 'address', 'show'])) as readonly {
    readonly mtu?: number;
    readonly addr_info?: readonly { readonly local?: string }[];
  }[];
  const link = links.find(({ addr_info = [] }) => addr_info.some(({ local }) => local === address));
  return Math.min(link?.mtu ?? ETHERNET_MTU, JUMBO_MTU);
}

const ETHERNET_MTU = 1_500;
/** A loopback takes packets that no way to another machine does. */
const JUMBO_MTU = 9_000;
