import { readFile, readdir } from 'node:fs/promises';

/** Counters that only grow: bytes since the machine started. */
export interface IoCounters {
  readonly diskReadBytes: number;
  readonly diskWriteBytes: number;
  readonly networkRxBytes: number;
  readonly networkTxBytes: number;
}

/** The kernel counts disk sectors of 512 bytes whatever the disk's own are (Documentation/admin-guide/iostats). */
const SECTOR_BYTES = 512;

/** Sums of /proc/diskstats over whole disks: partitions, loops, RAM disks and stacked devices would count twice. */
export function sumDisks(diskstats: string): Pick<IoCounters, 'diskReadBytes' | 'diskWriteBytes'> {
  let diskReadBytes = 0;
  let diskWriteBytes = 0;
  for (const line of diskstats.trim().split('\n')) {
    const [, , name = '', , , readSectors, , , , writtenSectors] = line.trim().split(/\s+/);
    if (!/^(sd[a-z]+|vd[a-z]+|xvd[a-z]+|nvme\d+n\d+|mmcblk\d+)$/.test(name)) continue;
    diskReadBytes += Number(readSectors) * SECTOR_BYTES;
    diskWriteBytes += Number(writtenSectors) * SECTOR_BYTES;
  }
  return { diskReadBytes, diskWriteBytes };
}

/**
 * Interfaces whose bytes another one carries too, by the names that the kernel and the usual tools give them: loopback,
 * bridges, pods' ends, mirrors (ifb), bonds and VLANs (`eth0.7`), tunnels.
 */
const CARRIED_BY_OTHERS =
  /^(lo$|docker|br(-|\d)|virbr|veth|pns|cni|cali|flannel|ifb|bond|team|vlan|vxlan|geneve|gre|sit|ip6tnl|tunl|tun|tap|wg|dummy)|\./;

/** Sums of /proc/net/dev over the machine's own interfaces: what pods send crosses them too, so bridges and veths are left out. */
export function sumInterfaces(netDev: string): Pick<IoCounters, 'networkRxBytes' | 'networkTxBytes'> {
  let networkRxBytes = 0;
  let networkTxBytes = 0;
  for (const line of netDev.split('\n')) {
    const match = /^\s*([^:\s]+):\s*(.*)$/.exec(line);
    const name = match?.[1];
    if (name === undefined || CARRIED_BY_OTHERS.test(name)) continue;
    const figures = match?.[2]?.trim().split(/\s+/) ?? [];
    networkRxBytes += Number(figures[0] ?? 0);
    networkTxBytes += Number(figures[8] ?? 0);
  }
  return { networkRxBytes, networkTxBytes };
}

export async function readIoCounters(): Promise<IoCounters> {
  const [disks, interfaces] = await Promise.all([
    readFile('/proc/diskstats', 'utf8'),
    readFile('/proc/net/dev', 'utf8'),
  ]);
  return { ...sumDisks(disks), ...sumInterfaces(interfaces) };
}

/** Jiffies of all cores since the machine started. */
export interface CpuCounters {
  readonly busy: number;
  readonly total: number;
}

/** The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal; guests are in user already. */
export function sumCpu(stat: string): CpuCounters {
  const figures = /^cpu\s+(.*)$/m.exec(stat)?.[1]?.trim().split(/\s+/).slice(0, 8).map(Number) ?? [];
  const total = figures.reduce((sum, jiffies) => sum + jiffies, 0);
  const [, , , idle = 0, ioWait = 0] = figures;
  return { busy: total - idle - ioWait, total };
}

export const readCpuCounters = async (): Promise<CpuCounters> => sumCpu(await readFile('/proc/stat', 'utf8'));

/** Threads that exist, as the kernel counts them against its limit: the fourth field of /proc/loadavg, `2/1234`. */
export const sumThreads = (loadavg: string): number => Number(/\/(\d+)/.exec(loadavg)?.[1] ?? 0);

export async function readThreads(): Promise<{ readonly count: number; readonly limit: number }> {
  const [loadavg, pidMax, threadsMax] = await Promise.all(
    ['/proc/loadavg', '/proc/sys/kernel/pid_max', '/proc/sys/kernel/threads-max'].map((file) => readFile(file, 'utf8')),
  );
  return { count: sumThreads(loadavg ?? ''), limit: Math.min(Number(pidMax), Number(threadsMax)) };
}

/** Processes that exist, threads not counted. */
export const countProcesses = async (): Promise<number> =>
  (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).length;
