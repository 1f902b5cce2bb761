/**
 * Memory and CPU of a server and an agent that have nothing to do, over a minute.
 *   node dist/e2e/bench/idle.js [--seconds 60] [--json FILE]
 */
import { Cluster } from '../harness/cluster';
import { usageOf } from './process-usage';
import { countFlag, publish } from './report';
import { runProgram } from './run-program';

const SETTLE_MS = 10_000;

async function main(argv: readonly string[]): Promise<void> {
  const seconds = countFlag(argv, '--seconds', 60);
  const cluster = await Cluster.start();
  try {
    const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    await pause(SETTLE_MS);
    const programs = { server: cluster.serverPid, agent: cluster.kubelet().pid };
    const before = { server: usageOf(programs.server), agent: usageOf(programs.agent) };
    await pause(seconds * 1000);
    const after = { server: usageOf(programs.server), agent: usageOf(programs.agent) };
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

runProgram(main);
