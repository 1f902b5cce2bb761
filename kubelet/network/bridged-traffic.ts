import { access, writeFile } from 'node:fs/promises';
import type { Logger } from '../../shared/logger';
import { setBridgePorts } from './bridge-ports';
import { ProgramError, runProgram } from './run-program';

/** How packets between two pods of one bridge come by the kernel's rules. */
export type BridgedTraffic =
  /** The bridge hands what it forwards to them. */
  | 'filtered'
  /** The bridge forwards nothing between its ports: the machine routes it. */
  | 'routed';

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/**
 * Makes the kernel's rules hold also between pods of one bridge, which forwards frames without asking them: by the kernel's
 * br_netfilter, for this bridge alone; where that is not to be had, by keeping the bridge's ports apart, so that packets go
 * through the machine, which answers for their addresses. Idempotent.
 */
export async function filterBridgedTraffic(bridge: string): Promise<BridgedTraffic> {
  const module = `/proc/sys/net/bridge`;
  if (!(await exists(module)))
    await runProgram('modprobe', ['br_netfilter']).catch((error: unknown) => {
      if (!(error instanceof ProgramError)) throw error;
    });
  if (await exists(module)) {
    // The file of that name cannot be written where /sys is mounted to be read only.
    await runProgram('ip', ['link', 'set', 'dev', bridge, 'type', 'bridge', 'nf_call_iptables', '1']);
    return 'filtered';
  }
  await routeBridgedTraffic(bridge);
  return 'routed';
}

/** The kernel without br_netfilter: `isolateBridgePorts` must be called for each pod that comes. */
export async function routeBridgedTraffic(bridge: string): Promise<void> {
  const setting = (name: string, value: string): Promise<void> =>
    writeFile(`/proc/sys/net/ipv4/conf/${bridge}/${name}`, value);
  await setting('proxy_arp_pvlan', '1');
  // Nobody is to be told of a shorter way.
  await setting('send_redirects', '0');
  await setting('forwarding', '1');
  await isolateBridgePorts(bridge);
}

/** Frames go from these ports to the machine, and from the machine to them. */
export async function isolateBridgePorts(bridge: string): Promise<void> {
  await setBridgePorts(bridge, 'isolated');
}

/** The bridge of the node's pods: what they send each other comes by the kernel's rules, those of Services and of policies. */
export class PodBridge {
  /** The bridge whose ports are kept apart. */
  private routed: string | undefined;

  constructor(private readonly logger: Logger) {}

  async open(bridge: string): Promise<void> {
    const traffic = await filterBridgedTraffic(bridge);
    this.routed = traffic === 'routed' ? bridge : undefined;
    this.logger.debug({ bridge, traffic }, 'the rules of the kernel hold between pods of this bridge');
  }

  /** A pod has come. */
  async attach(): Promise<void> {
    if (this.routed !== undefined) await isolateBridgePorts(this.routed);
  }
}
