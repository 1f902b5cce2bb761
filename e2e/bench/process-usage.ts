import { readFileSync } from 'node:fs';

// USER_HZ is 100 on every Linux that Node runs on.
const TICKS_PER_SECOND = 100;

export interface ProcessUsage {
  readonly rssMiB: number;
  /** User and system time since its start. */
  readonly cpuSeconds: number;
}

/** Resident memory from /proc/PID/status, user + system time from fields 14 and 15 of /proc/PID/stat. */
export function usageOf(pid: number): ProcessUsage {
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return { rssMiB: Number(rss) / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
}
