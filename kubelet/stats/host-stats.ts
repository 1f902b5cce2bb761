import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import si from 'systeminformation';
import type { NodeStatus } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { formatQuantity, quantityOfBytes } from '../../shared/quantity';
import type { NodeUsage } from '../../shared/wire/node-channel';
import type { Host } from '../agent/host';
import type { EngineInfo } from '../runtime/runtime';
import type { IoCounters } from './proc-counters';
import { readIoCounters } from './proc-counters';

export interface HostStatsOptions {
  readonly clock: Clock;
  /** The disk that this folder lies on is the node's disk. */
  readonly dataDir: string;
  readonly nodeName: string;
  readonly nodeIp: string;
  readonly maxPods: number;
  readonly agentVersion: string;
  /** Kept back from pods, in bytes of memory: the agent, the engine and the system need some. */
  readonly reservedMemoryBytes?: number;
}

const RESERVED_MEMORY_BYTES = 100 * 2 ** 20;
/** As the kubelet's default: a tenth of the disk is kept free (nodefs.available). */
const DISK_KEPT_FREE = 0.1;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * The machine in real figures. What stays is asked once. A beat asks systeminformation only for what it reads from
 * memory or /proc (load, memory); what it would start programs for (df, lsblk, cat) is read from the kernel directly.
 */
export async function createHostStats(options: HostStatsOptions): Promise<Host> {
  const [osInfo, memory, disk, machineId, bootId] = await Promise.all([
    si.osInfo(),
    si.mem(),
    statfs(options.dataDir),
    readFirst('/etc/machine-id', '/var/lib/dbus/machine-id'),
    readFirst('/proc/sys/kernel/random/boot_id'),
  ]);
  // The first load figure is since the machine started: this call makes the next one since now.
  await si.currentLoad();
  const cores = os.cpus().length;
  const diskBytes = disk.blocks * disk.bsize;
  const bytes = (count: number): string => formatQuantity(quantityOfBytes(count));
  const fixed = { cpu: String(cores), pods: String(options.maxPods), 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  const reserved = options.reservedMemoryBytes ?? RESERVED_MEMORY_BYTES;
  const rates = new Rates(options.clock);

  return {
    bootId: () => Promise.resolve(bootId),
    nodeStatus: (engine: EngineInfo | undefined): Promise<NodeStatus> =>
      Promise.resolve({
        capacity: { ...fixed, memory: bytes(memory.total), 'ephemeral-storage': bytes(diskBytes) },
        allocatable: {
          ...fixed,
          memory: bytes(Math.max(0, memory.total - reserved)),
          'ephemeral-storage': bytes(Math.floor(diskBytes * (1 - DISK_KEPT_FREE))),
        },
        addresses: [
          { type: 'InternalIP', address: options.nodeIp },
          { type: 'Hostname', address: options.nodeName },
        ],
        nodeInfo: {
          machineID: machineId,
          systemUUID: machineId,
          bootID: bootId,
          kernelVersion: osInfo.kernel,
          osImage: `${osInfo.distro} ${osInfo.release}`.trim(),
          containerRuntimeVersion: engine?.runtimeVersion ?? 'unknown',
          kubeletVersion: options.agentVersion,
          kubeProxyVersion: options.agentVersion,
          operatingSystem: 'linux',
          architecture: engine?.architecture ?? ARCHITECTURES[process.arch] ?? process.arch,
        },
      }),
    async usage(): Promise<NodeUsage> {
      const [load, mem, counters, fs] = await Promise.all([
        si.currentLoad(),
        si.mem(),
        readIoCounters(),
        statfs(options.dataDir),
      ]);
      const perSecond = rates.since(counters);
      return {
        cpuMilli: Math.round((load.currentLoad / 100) * cores * 1_000),
        cpuPercent: Math.round(load.currentLoad * 10) / 10,
        memoryUsedBytes: mem.total - mem.available,
        memoryAvailableBytes: mem.available,
        diskUsedBytes: (fs.blocks - fs.bfree) * fs.bsize,
        diskTotalBytes: fs.blocks * fs.bsize,
        diskReadBytesPerSecond: perSecond.diskReadBytes,
        diskWriteBytesPerSecond: perSecond.diskWriteBytes,
        networkRxBytesPerSecond: perSecond.networkRxBytes,
        networkTxBytesPerSecond: perSecond.networkTxBytes,
        load1: os.loadavg()[0] ?? 0,
        processes: await processCount(),
      };
    },
  };
}

/** Bytes a second between two readings; 0 for the first, and when a counter was reset. */
class Rates {
  private last: { readonly atMs: number; readonly counters: IoCounters } | undefined;

  constructor(private readonly clock: Clock) {}

  since(counters: IoCounters): IoCounters {
    const atMs = this.clock.monotonic();
    const before = this.last;
    this.last = { atMs, counters };
    const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1_000;
    const rate = (field: keyof IoCounters): number =>
      before === undefined || seconds <= 0
        ? 0
        : Math.max(0, Math.round((counters[field] - before.counters[field]) / seconds));
    return {
      diskReadBytes: rate('diskReadBytes'),
      diskWriteBytes: rate('diskWriteBytes'),
      networkRxBytes: rate('networkRxBytes'),
      networkTxBytes: rate('networkTxBytes'),
    };
  }
}

/** The number behind the slash in /proc/loadavg: scheduling entities that exist. */
async function processCount(): Promise<number> {
  const text = await readFile('/proc/loadavg', 'utf8');
  return Number(/\d+\/(\d+)/.exec(text)?.[1] ?? 0);
}

async function readFirst(...files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.trim() !== '') return text.trim();
  }
  return '';
}
