/**
 * Zero dropped requests, at length: ten rolling updates and two drains under load, at least 100,000 requests.
 *   node dist/e2e/bench/hosts/load.js [--rollouts 10] [--drains 2] [--answers 100000] [--json FILE]
 * Ends with status 1 where one request failed.
 */
import { HostCluster } from '../../hosts/host-cluster';
import { loadOverChanges } from '../../hosts/load-proof';
import { countFlag, publish } from '../report';
import { runProgram } from '../run-program';

async function main(argv: readonly string[]): Promise<void> {
  const rollouts = countFlag(argv, '--rollouts', 10);
  const drains = countFlag(argv, '--drains', 2);
  const answers = countFlag(argv, '--answers', 100_000);
  const cluster = await HostCluster.start({ workers: [{}, {}, {}] });
  try {
    const outcome = await loadOverChanges(cluster, { rollouts, drains, answers });
    publish(
      {
        name: 'hosts-load',
        head: ['requests', 'failed', 'seconds', 'a second'],
        rows: [
          [
            outcome.answered + outcome.failed,
            outcome.failed,
            outcome.seconds.toFixed(0),
            (outcome.answered / outcome.seconds).toFixed(0),
          ],
        ],
        notes: [
          `${rollouts} rolling updates and ${drains} drains of four pods on three hosts, no preStop hooks; the pods end at once when they are told`,
          ...outcome.first,
          ...outcome.stalled,
        ],
        figures: { rollouts, drains, ...outcome },
      },
      argv,
    );
    if (outcome.failed > 0) process.exitCode = 1;
  } finally {
    await cluster.stop();
  }
}

runProgram(main);
