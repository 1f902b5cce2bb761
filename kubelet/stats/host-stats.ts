import { readFile, statfs } from 'node:fs/promises';
import os from 'node:os';
import si from 'systeminformation';
import type { NodeStatus } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { formatQuantity, quantityOfBytes } from '../../shared/quantity';
import type { NodeUsage } from '../../shared/wire/node-channel';
import type { Host } from '../agent/host';
import type { Supplies } from '../eviction/thresholds';
import type { EngineInfo } from '../runtime/runtime';
import type { CpuCounters, IoCounters } from './proc-counters';
import { countProcesses, readCpuCounters, readIoCounters, readThreads } from './proc-counters';

export interface HostStatsOptions {
  readonly clock: Clock;
  /** The disk that this folder lies on is the node's disk. */
  readonly dataDir: string;
  readonly nodeName: string;
  /** Asked each time that the node tells of itself. */
  readonly nodeIp: () => Promise<string>;
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
 * The machine in real figures. What stays is asked once. A beat asks systeminformation only for what it reads by itself
 * (memory); what it would start programs for (cat, df, lsblk, ps) is read from the kernel directly, which costs a tenth:
 * docs/decisions/0005-host-figures.md.
 */
export async function createHostStats(options: HostStatsOptions): Promise<Host> {
  const [osInfo, memory, disk, firstCpu, machineId, systemUuid, bootId] = await Promise.all([
    si.osInfo(),
    si.mem(),
    statfs(options.dataDir),
    readCpuCounters(),
    readFirst('/etc/machine-id', '/var/lib/dbus/machine-id'),
    // Root alone may read the first.
    readFirst('/sys/class/dmi/id/product_uuid', '/etc/machine-id'),
    readFirst('/proc/sys/kernel/random/boot_id'),
  ]);
  const cores = os.cpus().length;
  const diskBytes = disk.blocks * disk.bsize;
  const bytes = (count: number): string => formatQuantity(quantityOfBytes(count));
  const fixed = { cpu: String(cores), pods: String(options.maxPods), 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
  const reserved = options.reservedMemoryBytes ?? RESERVED_MEMORY_BYTES;
  const rates = new Rates(options.clock);
  let lastCpu = firstCpu;
  let load = 0;

  return {
    bootId: () => Promise.resolve(bootId),
    uptimeMs: () => os.uptime() * 1_000,
    nodeStatus: async (engine: EngineInfo | undefined): Promise<NodeStatus> => {
      const address = await options.nodeIp();
      return {
        capacity: { ...fixed, memory: bytes(memory.total), 'ephemeral-storage': bytes(diskBytes) },
        allocatable: {
          ...fixed,
          memory: bytes(Math.max(0, memory.total - reserved)),
          'ephemeral-storage': bytes(Math.floor(diskBytes * (1 - DISK_KEPT_FREE))),
        },
        addresses: [
          { type: 'InternalIP', address },
          { type: 'Hostname', address: options.nodeName },
        ],
        nodeInfo: {
          machineID: machineId,
          systemUUID: systemUuid,
          bootID: bootId,
          kernelVersion: osInfo.kernel,
          osImage: `${osInfo.distro} ${osInfo.release}`.trim(),
          containerRuntimeVersion: engine?.runtimeVersion ?? 'unknown',
          kubeletVersion: options.agentVersion,
          kubeProxyVersion: options.agentVersion,
          operatingSystem: 'linux',
          architecture: engine?.architecture ?? ARCHITECTURES[process.arch] ?? process.arch,
        },
      };
    },
    async supplies(): Promise<Supplies> {
      const [mem, fs, threads] = await Promise.all([si.mem(), statfs(options.dataDir), readThreads()]);
      return {
        'memory.available': { available: mem.available, capacity: mem.total },
        'nodefs.available': { available: fs.bavail * fs.bsize, capacity: fs.blocks * fs.bsize },
        // A file system that makes inodes as it needs them tells of none, and has no lack of them.
        'nodefs.inodesFree': { available: fs.ffree, capacity: fs.files },
        'pid.available': { available: threads.limit - threads.count, capacity: threads.limit },
      };
    },
    async usage(): Promise<NodeUsage> {
      const [cpu, mem, counters, fs, processes] = await Promise.all([
        readCpuCounters(),
        si.mem(),
        readIoCounters(),
        statfs(options.dataDir),
        countProcesses(),
      ]);
      // Asked twice in a moment, nothing was counted meanwhile: the share of before still holds.
      if (cpu.total > lastCpu.total) {
        load = busyShare(lastCpu, cpu);
        lastCpu = cpu;
      }
      const perSecond = rates.since(counters);
      return {
        cpuMilli: Math.round(load * cores * 1_000),
        cpuPercent: Math.round(load * 1_000) / 10,
        memoryUsedBytes: mem.total - mem.available,
        memoryAvailableBytes: mem.available,
        diskUsedBytes: (fs.blocks - fs.bfree) * fs.bsize,
        diskTotalBytes: fs.blocks * fs.bsize,
        diskReadBytesPerSecond: perSecond.diskReadBytes,
        diskWriteBytesPerSecond: perSecond.diskWriteBytes,
        networkRxBytesPerSecond: perSecond.networkRxBytes,
        networkTxBytesPerSecond: perSecond.networkTxBytes,
        load1: os.loadavg()[0] ?? 0,
        processes,
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

/** Of all cores, since the reading before: 0 to 1. */
const busyShare = (before: CpuCounters, now: CpuCounters): number =>
  Math.min(1, Math.max(0, (now.busy - before.busy) / (now.total - before.total)));

async function readFirst(...files: readonly string[]): Promise<string> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text.trim() !== '') return text.trim();
  }
  return '';
}
