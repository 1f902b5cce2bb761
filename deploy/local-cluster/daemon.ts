import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { systemClock } from '../../shared/clock';
import type { Layout } from './layout';

/** A process of the local cluster that outlives the command that started it. */
export interface Daemon {
  /** Names its log and its pid file. */
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
}

interface PidRecord {
  readonly pid: number;
  /** The kernel's start time of the process: a pid that was given to another process since is not ours. */
  readonly startTicks: string;
}

/** Start time in clock ticks since boot, field 22 of /proc/PID/stat; undefined when the process is gone or a zombie. */
function startTicksOf(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const pidFile = (layout: Layout, name: string): string => path.join(layout.pids, `${name}.json`);
export const logFile = (layout: Layout, name: string): string => path.join(layout.logs, `${name}.log`);

/** The pid of a daemon that we started and that still runs. */
export function runningPid(layout: Layout, name: string): number | undefined {
  try {
    const record = JSON.parse(readFileSync(pidFile(layout, name), 'utf8')) as PidRecord;
    return startTicksOf(record.pid) === record.startTicks ? record.pid : undefined;
  } catch {
    return undefined;
  }
}

/** Starts it unless it runs. Returns whether it had to. */
export function startDaemon(layout: Layout, daemon: Daemon): boolean {
  if (runningPid(layout, daemon.name) !== undefined) return false;
  mkdirSync(layout.logs, { recursive: true });
  mkdirSync(layout.pids, { recursive: true });
  const log = openSync(logFile(layout, daemon.name), 'a', 0o600);
  const child = spawn(daemon.program, daemon.args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: layout.checkout,
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${daemon.program} could not be started: is it installed?`);
  child.unref();
  const record: PidRecord = { pid, startTicks: startTicksOf(pid) ?? '' };
  writeFileSync(pidFile(layout, daemon.name), JSON.stringify(record));
  return true;
}

/** SIGTERM, and SIGKILL after `graceMs`. Returns whether there was anything to stop. */
export async function stopDaemon(layout: Layout, name: string, graceMs = 20_000): Promise<boolean> {
  const pid = runningPid(layout, name);
  if (pid !== undefined) {
    process.kill(pid, 'SIGTERM');
    const deadline = systemClock.monotonic() + graceMs;
    while (runningPid(layout, name) !== undefined && systemClock.monotonic() < deadline) await systemClock.sleep(50);
    if (runningPid(layout, name) !== undefined) process.kill(pid, 'SIGKILL');
    while (runningPid(layout, name) !== undefined) await systemClock.sleep(20);
  }
  rmSync(pidFile(layout, name), { force: true });
  return pid !== undefined;
}

/** Polls `isUp` until it holds; fails at once when the daemon has ended, or after `timeoutMs`, with the end of its log. */
export async function untilUp(
  layout: Layout,
  name: string,
  isUp: () => Promise<boolean>,
  timeoutMs: number,
): Promise<void> {
  const deadline = systemClock.monotonic() + timeoutMs;
  while (!(await isUp())) {
    const ended = runningPid(layout, name) === undefined;
    if (ended || systemClock.monotonic() > deadline) {
      const problem = ended ? 'ended' : `is not up after ${Math.round(timeoutMs / 1000)} s`;
      throw new Error(
        `${name} ${problem}. The end of ${logFile(layout, name)}:\n${lastLines(logFile(layout, name), 15)}`,
      );
    }
    await systemClock.sleep(100);
  }
}

function lastLines(file: string, count: number): string {
  try {
    return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '(no log)';
  }
}
