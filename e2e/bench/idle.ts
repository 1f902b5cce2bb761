/**
 * Memory and CPU of a server and an agent that have nothing to do, over a minute.
 *   node dist/e2e/bench/idle.js [--seconds 60] [--json FILE]
 */
import { readFileSync } from 'node:fs';
import { Cluster } from '../harness/cluster';
import { countFlag, publish } from './report';

// USER_HZ is 100 on every Linux that Node runs on.
const TICKS_PER_SECOND = 100;
const SETTLE_MS = 10_000;

interface Sample {
  readonly rssMiB: number;
  readonly cpuSeconds: number;
}

/** Resident memory from /proc/PID/status, user + system time from fields 14 and 15 of /proc/PID/stat. */
function sample(pid: number): Sample {
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return { rssMiB: Number(rss) / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND };
}

async function main(argv: readonly string[]): Promise<void> {
  const seconds = countFlag(argv, '--seconds', 60);
  const cluster = await Cluster.start();
  try {
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(SETTLE_MS);
    const programs = { server: cluster.serverPid, agent: cluster.kubelet().pid };
    const before = { server: sample(programs.server), agent: sample(programs.agent) };
    await pause(seconds * 1000);
    const after = { server: sample(programs.server), agent: sample(programs.agent) };
    const cpuPercent = (name: 'server' | 'agent'): number =>
      ((after[name].cpuSeconds - before[name].cpuSeconds) / seconds) * 100;
    publish(
      {
        name: 'idle',
        head: ['', 'RSS MiB', 'target MiB', '% of a core'],
        rows: [
          ['server', after.server.rssMiB.toFixed(0), 130, cpuPercent('server').toFixed(2)],
          ['agent', after.agent.rssMiB.toFixed(0), 80, cpuPercent('agent').toFixed(2)],
        ],
        notes: [`one worker, no pods, over ${seconds} s; the agent should stay under 1 % of a core`],
        figures: {
          seconds,
          server: { rssMiB: after.server.rssMiB, cpuPercent: cpuPercent('server') },
          agent: { rssMiB: after.agent.rssMiB, cpuPercent: cpuPercent('agent') },
        },
      },
      argv,
    );
  } finally {
    await cluster.stop();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
