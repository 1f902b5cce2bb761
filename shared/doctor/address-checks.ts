import type { Cidr } from '../cidr';
import { formatCidr, overlap, parseCidr } from '../cidr';
import { ROUTE_PROTOCOL, isPodNetworkDevice } from '../pod-network-traces';
import type { Finding } from './finding';
import { doubtful, good } from './finding';
import type { DoctorHost } from './host';

/** A block of addresses that the cluster takes for itself. */
export interface ClusterBlock {
  /** Whose addresses they are: `pods`. */
  readonly of: string;
  /** Of the server, by which it is chosen. */
  readonly flag: string;
  /** `10.244.0.0/16`. */
  readonly cidr: string;
}

interface MachineRoute {
  readonly cidr: Cidr;
  readonly device: string;
}

/** What may be taken instead: private blocks, and the one for carriers (RFC 6598), which few machines have a route to. */
const ELSEWHERE = ['10.200.0.0/16', '10.201.0.0/16', '172.28.0.0/16', '100.100.0.0/16'];

/**
 * Whether this machine has routes to addresses that the cluster gives away: one of both would be out of its reach. What the pod
 * network made itself is no obstacle.
 */
export async function checkBlocks(host: DoctorHost, blocks: readonly ClusterBlock[]): Promise<readonly Finding[]> {
  const routes = await routesOf(host);
  const wanted = blocks.flatMap(({ cidr }) => parseCidr(cidr) ?? []);
  return blocks.map(({ of, flag, cidr }) => {
    const block = parseCidr(cidr);
    const taken = routes.find((route) => block !== undefined && overlap(route.cidr, block));
    if (taken === undefined) return good('addresses', `no route of this machine leads to ${cidr}, which ${of} have`);
    const free = ELSEWHERE.find((each) => {
      const candidate = parseCidr(each);
      return (
        candidate !== undefined &&
        ![...wanted, ...routes.map((route) => route.cidr)].some((one) => overlap(one, candidate))
      );
    });
    return doubtful(
      'addresses',
      `this machine's route to ${formatCidr(taken.cidr)} (${taken.device}) has addresses of ${cidr}, which ${of} have: some of either cannot be reached from here`,
      ...(free === undefined ? [] : [`on the server, before nodes join: ${flag} ${free}`]),
    );
  });
}

/** The default route leads everywhere, and is no obstacle. */
async function routesOf(host: DoctorHost): Promise<readonly MachineRoute[]> {
  const listed = await host.run('ip', ['-json', '-4', 'route', 'show', 'table', 'main']);
  if (listed?.status !== 0) return [];
  const routes = JSON.parse(listed.stdout) as readonly {
    readonly dst?: string;
    readonly dev?: string;
    readonly protocol?: string;
  }[];
  return routes.flatMap(({ dst = '', dev = '', protocol }) => {
    const cidr = parseCidr(dst);
    const isOurs = isPodNetworkDevice(dev) || protocol === String(ROUTE_PROTOCOL);
    return cidr === undefined || cidr.prefix === 0 || isOurs ? [] : [{ cidr, device: dev }];
  });
}
