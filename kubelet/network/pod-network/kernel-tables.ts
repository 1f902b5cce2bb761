import { runProgram } from '../run-program';
import type { Forwarding, KernelCommands, KernelState, Neighbour, Route } from './kernel-state';
import { ROUTE_PROTOCOL } from '../../../shared/pod-network-traces';
import { VXLAN_PORT } from './vxlan-device';

interface Listed {
  readonly dst?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly metrics?: readonly { readonly mtu?: number }[];
  readonly lladdr?: string;
  readonly state?: readonly string[];
  readonly mac?: string;
  readonly ifname?: string;
  readonly port?: string | number;
  readonly vni?: number;
}

async function listed(program: string, args: readonly string[]): Promise<readonly Listed[]> {
  const text = (await runProgram(program, args)).trim();
  return text === '' ? [] : (JSON.parse(text) as readonly Listed[]);
}

/** The node's share of the kernel's tables. `devices`: VXLAN devices that are there. Throws ProgramError. */
export async function readKernelState(devices: readonly string[], metric: number): Promise<KernelState> {
  const routes = await listed('ip', ['-json', '-4', 'route', 'show', 'proto', String(ROUTE_PROTOCOL)]);
  const perDevice = await Promise.all(
    devices.map(async (device) => ({
      device,
      neighbours: await listed('ip', ['-json', '-4', 'neigh', 'show', 'dev', device, 'nud', 'permanent']),
      forwardings: await listed('bridge', ['-json', 'fdb', 'show', 'dev', device]),
    })),
  );
  return {
    routes: routes.filter((route) => route.metric === metric).map(toRoute),
    neighbours: perDevice.flatMap(({ device, neighbours }) =>
      neighbours.map(({ dst = '', lladdr = '' }): Neighbour => ({ device, address: dst, mac: lladdr })),
    ),
    forwardings: perDevice.flatMap(({ device, forwardings }) =>
      forwardings
        .filter(({ dst }) => dst !== undefined)
        .map(({ mac = '', dst = '', port, vni = 0 }): Forwarding => ({
          ...{ device, mac, address: dst, vni },
          // Not printed where it is the device's own.
          port: Number(port ?? VXLAN_PORT),
        })),
    ),
  };
}

const toRoute = ({ dst = '', gateway, dev = '', prefsrc = '', metrics }: Listed): Route => ({
  destination: dst,
  ...(gateway === undefined ? {} : { via: gateway }),
  device: dev,
  source: prefsrc,
  ...(metrics?.[0]?.mtu === undefined ? {} : { mtu: metrics[0].mtu }),
});

/** Each line for itself: one that the kernel refuses keeps nobody else from what is theirs. Throws with what it refused. */
export async function applyKernelCommands({ ip, bridge }: KernelCommands): Promise<void> {
  if (bridge.length > 0) await runProgram('bridge', ['-force', '-batch', '-'], `${bridge.join('\n')}\n`);
  if (ip.length > 0) await runProgram('ip', ['-force', '-batch', '-'], `${ip.join('\n')}\n`);
}
