import { writeFile } from 'node:fs/promises';
import { isSameJson } from '../../../shared/same-json';
import { ProgramError, runProgram } from '../run-program';
import { RELAY_SOURCE_PORTS } from './relay-source-ports';

/** As the Linux kernel has it by default, and other pod networks: Docker Swarm has the assigned one, 4789. */
export const VXLAN_PORT = 8472;

const { first, last } = RELAY_SOURCE_PORTS;

export interface VxlanDevice {
  readonly name: string;
  readonly mac: string;
  readonly vni: number;
  readonly mtu: number;
  /** The node's own address on this way. */
  readonly address: string;
  /** A program takes the frames, which needs each packet for itself. */
  readonly isForProgram: boolean;
}

interface ListedLink {
  readonly address?: string;
  readonly mtu?: number;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: Readonly<Record<string, unknown>> };
  readonly addr_info?: readonly { readonly local?: string; readonly family?: string }[];
}

/** Makes the device, and anew where it is another. It learns nothing: who is where is written. Throws ProgramError. */
export async function ensureVxlan(device: VxlanDevice): Promise<void> {
  const { name, mac, vni, mtu } = device;
  if (!isAsWanted(await linkOf(name), device)) {
    await removeDevice(name);
    await runProgram('ip', [
      ...['link', 'add', name, 'address', mac, 'mtu', String(mtu)],
      ...['type', 'vxlan', 'id', String(vni), 'dstport', String(VXLAN_PORT), 'nolearning'],
      // Over a checksum that is still to be completed the kernel would take one that is wrong until then.
      ...(device.isForProgram ? ['noudpcsum', 'srcport', String(first), String(last)] : []),
    ]);
  }
  const whole = device.isForProgram ? ['gso_max_segs', '1'] : [];
  await runProgram('ip', ['link', 'set', name, 'up', ...whole]);
  await ensureAddress(name, device.address);
  await acceptFromAnyWay(name);
}

export async function ensureAddress(device: string, address: string): Promise<void> {
  const others = ((await linkOf(device))?.addr_info ?? []).filter(
    ({ family, local }) => family === 'inet' && local !== address,
  );
  for (const { local } of others) await runProgram('ip', ['address', 'del', `${local}/32`, 'dev', device]);
  await runProgram('ip', ['address', 'replace', `${address}/32`, 'dev', device]);
}

/** While two nodes change to another way, one may do so first. Without the right to say so, the machine's own setting counts. */
export const acceptFromAnyWay = (device: string): Promise<void> =>
  writeFile(`/proc/sys/net/ipv4/conf/${device}/rp_filter`, '2').catch(() => undefined);

/** Gone already is success. */
export async function removeDevice(name: string): Promise<void> {
  if ((await linkOf(name)) !== undefined) await runProgram('ip', ['link', 'del', name]);
}

export async function linkOf(name: string): Promise<ListedLink | undefined> {
  try {
    const [link] = JSON.parse(
      await runProgram('ip', ['-json', '-details', 'address', 'show', 'dev', name]),
    ) as readonly ListedLink[];
    return link;
  } catch (error) {
    if (error instanceof ProgramError && error.message.includes('does not exist')) return undefined;
    throw error;
  }
}

const isAsWanted = (link: ListedLink | undefined, { mac, vni, mtu, isForProgram }: VxlanDevice): boolean =>
  link?.linkinfo?.info_kind === 'vxlan' &&
  link.linkinfo.info_data?.['id'] === vni &&
  link.linkinfo.info_data['port'] === VXLAN_PORT &&
  // Any port is told as none at all, or as 0.
  (!isForProgram || isSameJson(link.linkinfo.info_data['port_range'], { low: first, high: last })) &&
  link.address === mac &&
  link.mtu === mtu;
